/**
 * One node in one call, ready to compute any of its elements: the scalar machine with the node's sections, and the loads
 * of its operands. It is the definition of a value, and the interpreter, snapshots and witnesses all use it.
 */
import { DType, isDType, loadWord, roundTrip } from "./dtype.ts";
import type { Layout } from "./layout.ts";
import type { Geometry, NodeRecord, Operand } from "./record.ts";
import { run as runSection, type ScalarContext, type Section } from "./scalarMachine.ts";
import { describeTensor, type Description, type Tensor } from "./tensor.ts";
import type { Word } from "./word.ts";

/** Where a node finds what it loads: the tensors of this call and of those before. */
export interface TensorSource {
  readonly layout: Layout;
  /** The tensor at a position of a call. */
  tensor(call: number, position: number): Tensor;
  /** What is said of that tensor; an honest source says what the layout says. */
  description(call: number, position: number): Description;
}

/** Which tensor a load reads. */
export type LoadedFrom =
  | { readonly kind: "input" | "parameter"; readonly index: number }
  | { readonly kind: "position"; readonly call: number; readonly position: number };

/** Told of every load that reads a commitment: where, and the element, -1 where the index is out of any range. */
export type LoadObserver = (from: LoadedFrom, element: number) => void;

/** The tensor that an operand names for one load; the description decides whether it may be read. */
interface Found {
  readonly from: LoadedFrom;
  readonly tensor: Tensor;
  readonly description: Description;
}

export class NodeMachine {
  readonly geometry: Geometry;
  readonly #source: TensorSource;
  readonly #node: number;
  readonly #observe: LoadObserver | undefined;
  readonly #coordinates: number[];
  readonly #context: { -readonly [K in keyof ScalarContext]: ScalarContext[K] };

  /** Node `node` of call `call`, whose geometry must be valid. */
  constructor(source: TensorSource, call: number, node: number, geometry: Geometry, observe?: LoadObserver) {
    const { request } = source.layout;
    this.geometry = geometry;
    this.#source = source;
    this.#node = node;
    this.#observe = observe;
    this.#coordinates = geometry.dimensions.map(() => 0);
    this.#context = {
      coordinates: this.#coordinates,
      linear: 0,
      extents: geometry.dimensions,
      symbols: request.symbols,
      call,
      calls: request.calls,
      seed: request.seed,
      step: 0,
      accumulators: [],
      load: (operand, element, inCall) => this.#load(operand, element, inCall),
    };
  }

  /** Chooses the element that is computed next. */
  moveTo(element: number): void {
    this.#context.linear = element;
    for (let i = this.#coordinates.length - 1; i >= 0; i--) {
      this.#coordinates[i] = element % this.geometry.dimensions[i];
      element = Math.floor(element / this.geometry.dimensions[i]);
    }
  }

  /** The element's value, before it is stored. */
  element(): Word {
    const { record, extent } = this.geometry;
    if (record.kind === "map") return this.value();
    let accumulators = this.init();
    for (let r = 0; r < extent; r++) accumulators = this.step(r, accumulators);
    return this.final(accumulators);
  }

  /** A map's value. */
  value(): Word {
    const { record } = this.geometry;
    return record.kind === "map" ? this.#run(record.value, 0, [])[0] : 0;
  }

  /** a_0, as loaded. */
  init(): Word[] {
    const { record } = this.geometry;
    return record.kind === "reduce" ? stored(record, this.#run(record.init, 0, [])) : [];
  }

  /** a_{r+1} from a_r, both as loaded. */
  step(r: number, accumulators: readonly Word[]): Word[] {
    const { record } = this.geometry;
    return record.kind === "reduce" ? stored(record, this.#run(record.step, r, accumulators)) : [];
  }

  /** The element from the last accumulators, as loaded. */
  final(accumulators: readonly Word[]): Word {
    const { record } = this.geometry;
    return record.kind === "reduce" ? this.#run(record.final, 0, accumulators)[0] : 0;
  }

  #run(section: Section, step: number, accumulators: readonly Word[]): Word[] {
    this.#context.step = step;
    this.#context.accumulators = accumulators;
    return runSection(this.geometry.record.constants, section, this.#context);
  }

  #load(place: number, element: Word, inCall: Word): Word {
    const operand = this.geometry.record.operands[place];
    const found = operand && this.#find(operand, inCall);
    if (!found) return 0;
    const { from, tensor, description } = found;
    const index = typeof element === "number" && element >= 0 && element < description.count ? element : -1;
    this.#observe?.(from, index);
    if (index < 0 || !isDType(description.dtype) || !this.#mayRead(operand, description, index)) return 0;
    return loadWord(description.dtype, tensor.data, index);
  }

  /** The tensor at the operand's place, if there is such a place. */
  #find(operand: Operand, inCall: Word): Found | undefined {
    const { layout } = this.#source;
    const { call } = this.#context;
    switch (operand.kind) {
      case "input":
        return given("input", operand.index, layout.request.inputs);
      case "parameter":
        return given("parameter", operand.index, layout.program.params);
      case "node":
        return operand.index < this.geometry.description.groupStart ? this.#at(call, operand.index) : undefined;
      case "row":
        return this.#at(call, operand.index);
      case "history":
        if (typeof inCall !== "number" || inCall < 0 || inCall >= call) return undefined;
        return this.#at(inCall, inCall === 0 ? operand.prompt : operand.decode);
    }
  }

  #at(call: number, node: number): Found | undefined {
    const { layout } = this.#source;
    if (node >= layout.nodes(call)) return undefined;
    const position = layout.firstNode(call) + node;
    return {
      from: { kind: "position", call, position },
      tensor: this.#source.tensor(call, position),
      description: this.#source.description(call, position),
    };
  }

  /** Whether an element of the operand comes before the element being computed. */
  #mayRead(operand: Operand, theirs: Description, index: number): boolean {
    const ours = this.geometry.description;
    if (operand.kind === "node") return theirs.groupEnd <= ours.groupStart;
    if (operand.kind !== "row") return true;
    if (theirs.groupStart !== ours.groupStart || theirs.groupEnd !== ours.groupEnd) return false;
    if (theirs.rows !== ours.rows || theirs.count < theirs.rows) return false;
    const row = Math.floor(index / Math.floor(theirs.count / theirs.rows));
    const ourRow = this.#coordinates[0] ?? 0;
    return row < ourRow || (row === ourRow && operand.index < this.#node);
  }
}

function given(kind: "input" | "parameter", index: number, tensors: readonly Tensor[]): Found | undefined {
  if (index >= tensors.length) return undefined;
  const tensor = tensors[index];
  return { from: { kind, index }, tensor, description: describeTensor(tensor) };
}

function stored(record: NodeRecord & { kind: "reduce" }, words: readonly Word[]): Word[] {
  return record.accumulators.map((dtype, i) => roundTrip(dtype, words[i]));
}

/** Whether the stop node's tensor in `call` ends the decoding: its element 0, as a word, is not 0. */
export function stopsAfter(source: TensorSource, call: number): boolean {
  const { layout } = source;
  const { stop } = layout.program.header;
  const node = call === 0 ? stop.prompt : stop.decode;
  if (node >= layout.nodes(call)) return false;
  const position = layout.firstNode(call) + node;
  const { dtype, count } = source.description(call, position);
  return count > 0 && isDType(dtype) && loadWord(dtype, source.tensor(call, position).data, 0) !== 0;
}

/** Whether a call is stopped, as its stop flag says. */
export function isStopped(source: TensorSource, call: number): boolean {
  return source.layout.list(call) === "decode" && loadWord(DType.BOOL, source.tensor(call, 0).data, 0) !== 0;
}
