/**
 * One node in one call, ready to compute any of its elements: the scalar machine with the node's sections, and the loads
 * of its operands. It is the definition of a value; interpreter, snapshots and step evaluator all use it, and differ only
 * in where they find what is loaded.
 */
import { isDType, loadWord, roundTrip, type DType } from "./dtype.ts";
import { NO_NODE, MAX_COUNT, type Geometry, type NodeRecord, type Operand } from "./record.ts";
import type { Layout } from "./layout.ts";
import type { Request } from "./request.ts";
import { run as runSection, type ScalarContext, type Section } from "./scalarMachine.ts";
import { describeTensor, type Description, type Tensor } from "./tensor.ts";
import type { Word } from "./word.ts";

/** Which tensor a load reads. */
export type TensorPlace =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "parameter"; readonly index: number }
  | { readonly kind: "trace"; readonly call: number; readonly position: number };

/** Where a node finds what it loads. */
export interface OperandSource {
  /** Number of inputs. */
  readonly inputs: number;
  /** Number of parameters. */
  readonly parameters: number;
  /** Nodes of a call. */
  nodes(call: number): number;
  /** Position of a call's first node: 1 where the stop flag comes before it. */
  firstNode(call: number): number;
  /** What is said of a tensor. */
  describe(place: TensorPlace): Description;
  /** Element `index` of a tensor whose type and count allow it. */
  word(place: TensorPlace, dtype: DType, index: number): Word;
}

/** The tensors of an inference, as a run or a trace holds them. */
export interface TensorSource {
  readonly layout: Layout;
  /** The tensor at a position of a call. */
  tensor(call: number, position: number): Tensor;
  /** What is said of that tensor; an honest source says what the layout says. */
  description(call: number, position: number): Description;
}

/** Loads from tensors. */
export function operandsOf(source: TensorSource): OperandSource {
  const { layout } = source;
  const { program, request } = layout;
  const given = { input: request.inputs, parameter: program.params };
  const tensor = (place: TensorPlace): Tensor =>
    place.kind === "trace" ? source.tensor(place.call, place.position) : given[place.kind][place.index];
  return {
    inputs: request.inputs.length,
    parameters: program.params.length,
    nodes: (call) => layout.nodes(call),
    firstNode: (call) => layout.firstNode(call),
    describe: (place) =>
      place.kind === "trace" ? source.description(place.call, place.position) : describeTensor(tensor(place)),
    word: (place, dtype, index) => loadWord(dtype, tensor(place).data, index),
  };
}

/** Element `index` of a tensor as a load gives it: 0 where the tensor is none or has no such element. */
export function readWord(source: OperandSource, place: TensorPlace, index: number, said?: Description): Word {
  const { dtype, count } = said ?? source.describe(place);
  return isDType(dtype) && count <= MAX_COUNT && index < count ? source.word(place, dtype, index) : 0;
}

/** What of a request scalar code can see. */
export type Visible = Pick<Request, "symbols" | "seed" | "calls">;

export class NodeMachine {
  readonly geometry: Geometry;
  readonly #source: OperandSource;
  readonly #node: number;
  readonly #coordinates: number[];
  readonly #context: { -readonly [K in keyof ScalarContext]: ScalarContext[K] };

  /** Node `node` of call `call`, whose geometry must be valid. */
  constructor(source: OperandSource, request: Visible, call: number, node: number, geometry: Geometry) {
    this.geometry = geometry;
    this.#source = source;
    this.#node = node;
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

  #load(number: number, element: Word, inCall: Word): Word {
    if (typeof element !== "number" || element < 0 || element >= MAX_COUNT) return 0;
    const operand = this.geometry.record.operands[number];
    const place = operand && this.#place(operand, inCall);
    if (!place) return 0;
    const description = this.#source.describe(place);
    return this.#comesBefore(operand, description, element) ? readWord(this.#source, place, element, description) : 0;
  }

  /** Which tensor the operand names, as far as that follows without looking at any; undefined where there is none. */
  #place(operand: Operand, inCall: Word): TensorPlace | undefined {
    const { call } = this.#context;
    const { groupStart, groupEnd } = this.geometry.description;
    switch (operand.kind) {
      case "input":
        return operand.index < this.#source.inputs ? { kind: "input", index: operand.index } : undefined;
      case "parameter":
        return operand.index < this.#source.parameters ? { kind: "parameter", index: operand.index } : undefined;
      case "node":
        return operand.index < groupStart ? this.#at(call, operand.index) : undefined;
      case "row":
        // Others stand later in the trace, where a dispute may not have looked.
        if (operand.index < groupStart || operand.index >= groupEnd) return undefined;
        return this.#at(call, operand.index);
      case "history":
        if (typeof inCall !== "number" || inCall < 0 || inCall >= call) return undefined;
        return this.#at(inCall, inCall === 0 ? operand.prompt : operand.decode);
    }
  }

  #at(call: number, node: number): TensorPlace | undefined {
    if (node >= this.#source.nodes(call)) return undefined;
    return { kind: "trace", call, position: this.#source.firstNode(call) + node };
  }

  /** Whether an element of the operand comes before the element being computed. */
  #comesBefore(operand: Operand, theirs: Description, index: number): boolean {
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

function stored(record: NodeRecord & { kind: "reduce" }, words: readonly Word[]): Word[] {
  return record.accumulators.map((dtype, i) => roundTrip(dtype, words[i]));
}

/** The stop nodes of a program. */
export interface StopNodes {
  readonly prompt: number;
  readonly decode: number;
}

/** Whether a program can stop at all. */
export function canStop(stop: StopNodes): boolean {
  return stop.prompt !== NO_NODE || stop.decode !== NO_NODE;
}

/** Whether a decode call is stopped, as its own stop flag says. */
export function readStopFlag(source: OperandSource, stop: StopNodes, call: number): boolean {
  return canStop(stop) && readWord(source, { kind: "trace", call, position: 0 }, 0) !== 0;
}

/** The stop flag of a decode call, from the call before: its flag, or what its stop node says. */
export function computeStopFlag(source: OperandSource, stop: StopNodes, call: number): boolean {
  if (call > 1 && readStopFlag(source, stop, call - 1)) return true;
  const node = call === 1 ? stop.prompt : stop.decode;
  if (node === NO_NODE) return false;
  const position = source.firstNode(call - 1) + node;
  return readWord(source, { kind: "trace", call: call - 1, position }, 0) !== 0;
}

/** Whether a call is stopped, so that all its tensors but the flag are zeros. */
export function isStopped(source: TensorSource, call: number): boolean {
  const { layout } = source;
  return layout.list(call) === "decode" && readStopFlag(operandsOf(source), layout.program.header.stop, call);
}

/** The stop flag of a decode call: 1 from the call on that follows one whose stop node is not 0. */
export function stopFlag(source: TensorSource, call: number): boolean {
  return computeStopFlag(operandsOf(source), source.layout.program.header.stop, call);
}
