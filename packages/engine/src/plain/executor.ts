/**
 * The plain executor: every tensor of every call, computed by compiled kernels in the definition's order.
 *
 * Kernels are kept per engine, so a program that runs again with the same sizes compiles nothing.
 */
import {
  DType,
  Layout,
  checkRequest,
  countOf,
  evaluationOrder,
  isStopped,
  loadWord,
  makeTensor,
  stopFlag,
  type Geometry,
  type InvalidGeometry,
  type Operand as OperandReference,
  type Program,
  type Request,
  type Run,
  type Tamper,
  type Tensor,
  type TensorSource,
} from "@assay/vm";
import { wordFrom, type Word } from "@assay/vm/word";
import { compile, type Kernel, type Operand, type OperandPlan } from "./kernel.ts";
import { allocate, decode, encode, type Store } from "./store.ts";

/** A node of the call being computed, with what it writes into. */
interface Node {
  readonly index: number;
  readonly geometry: Geometry;
  readonly out: Store;
}

/** A tensor with its elements decoded when they are first read. */
class Held {
  readonly tensor: Tensor;
  #store: Store | undefined;

  constructor(tensor: Tensor, store?: Store) {
    this.tensor = tensor;
    this.#store = store;
  }

  get store(): Store {
    const { dtype, data, shape } = this.tensor;
    return (this.#store ??= decode(dtype, data, countOf(shape)));
  }
}

/** Runs one program, any number of times. */
export class PlainEngine {
  readonly program: Program;
  readonly #parameters: Held[];
  readonly #kernels = new Map<string, Kernel>();

  constructor(program: Program) {
    this.program = program;
    this.#parameters = program.params.map((tensor) => new Held(tensor));
  }

  /**
   * Computes every tensor of every call; errors and `tamper` as for the reference interpreter's `run`. Dimensions of
   * the result are those of the layout.
   */
  run(request: Request, tamper: Tamper = (_call, _position, tensor) => tensor): Run {
    checkRequest(this.program.header, request);
    const layout = new Layout(this.program, request);
    const calls: Held[][] = [];
    const source: TensorSource = {
      layout,
      tensor: (call, position) => calls[call][position].tensor,
      description: (call, position) => layout.description(call, position),
    };
    const shared = {
      source,
      calls,
      inputs: request.inputs.map((tensor) => new Held(tensor)),
      parameters: this.#parameters,
      seed: [0n, 64n, 128n, 192n].map((shift) => wordFrom(request.seed >> shift)),
      kernels: this.#kernels,
      tamper,
    };
    for (let call = 0; call < request.calls; call++) {
      calls.push(new Array<Held>(layout.positions(call)));
      new CallComputation(shared, call).run();
    }
    const { call, positions } = layout.outputs();
    return { ...source, outputs: positions.map((position) => source.tensor(call, position)) };
  }
}

/** What the calls of a run have in common. */
interface Shared {
  readonly source: TensorSource;
  readonly calls: readonly Held[][];
  readonly inputs: readonly Held[];
  readonly parameters: readonly Held[];
  readonly seed: readonly Word[];
  readonly kernels: Map<string, Kernel>;
  readonly tamper: Tamper;
}

/** One call being computed. */
class CallComputation {
  readonly #shared: Shared;
  readonly #layout: Layout;
  readonly #call: number;
  readonly #held: Held[];
  readonly #first: number;
  /** Members of the row group being computed. */
  #group: readonly Node[] = [];

  constructor(shared: Shared, call: number) {
    this.#shared = shared;
    this.#layout = shared.source.layout;
    this.#call = call;
    this.#first = this.#layout.firstNode(call);
    this.#held = shared.calls[call];
  }

  run(): void {
    const decoding = this.#layout.list(this.#call) === "decode";
    if (decoding) {
      const flag = stopFlag(this.#shared.source, this.#call) ? 1 : 0;
      this.#finish(0, makeTensor(DType.BOOL, [1], Uint8Array.of(flag)));
    }
    const stopped = decoding && isStopped(this.#shared.source, this.#call);
    for (const group of evaluationOrder(this.#layout, this.#call)) {
      const nodes: Node[] = [];
      for (const { node: index, geometry } of group.nodes) {
        if (stopped || !geometry.valid) this.#zero(index, geometry);
        else nodes.push({ index, geometry, out: allocate(geometry.record.dtype, geometry.description.count) });
      }
      this.#compute(nodes);
    }
  }

  #finish(position: number, tensor: Tensor, store?: Store): void {
    const told = this.#shared.tamper(this.#call, position, tensor);
    this.#held[position] = new Held(told, told === tensor ? store : undefined);
  }

  /** A tensor of zeros: data may be shorter than the tensor, the rest is zeros. */
  #zero(index: number, { description }: Geometry | InvalidGeometry): void {
    const position = this.#first + index;
    const shape = this.#layout.dimensions(this.#call, position);
    this.#finish(position, { dtype: description.dtype as DType, shape, data: new Uint8Array(0) });
  }

  #compute(nodes: readonly Node[]): void {
    this.#group = nodes;
    const context = { call: this.#call, seed: this.#shared.seed };
    const work = nodes.map((node) => {
      const operands = node.geometry.record.operands;
      const kernel = this.#kernel(node);
      return { node, kernel, operands: operands.map((operand) => this.#operand(operand, node)) };
    });
    const rowsOf = ({ dimensions }: Geometry): number => dimensions[0] ?? 1;
    if (work.length === 1 && !work[0].node.geometry.record.operands.some(({ kind }) => kind === "row")) {
      work[0].kernel(work[0].operands, work[0].node.out, context, 0, rowsOf(work[0].node.geometry));
    } else {
      const rows = Math.max(0, ...nodes.map(({ geometry }) => rowsOf(geometry)));
      for (let row = 0; row < rows; row++) {
        for (const { node, kernel, operands } of work)
          if (row < rowsOf(node.geometry)) kernel(operands, node.out, context, row, row + 1);
      }
    }
    for (const { index, geometry, out } of nodes) {
      const { dtype } = geometry.record;
      this.#finish(this.#first + index, makeTensor(dtype, [...geometry.dimensions], encode(dtype, out)), out);
    }
  }

  #kernel(node: Node): Kernel {
    const { record, dimensions, extent, description } = node.geometry;
    const operands = record.operands.map((operand) => this.#plan(operand, node));
    const { request } = this.#layout;
    const sizes = [dimensions, extent, request.symbols, request.calls, operands];
    const key = `${this.#layout.list(this.#call)} ${node.index} ${JSON.stringify(sizes)}`;
    const known = this.#shared.kernels.get(key);
    if (known) return known;
    const { symbols, calls } = request;
    const kernel = compile({ record, dimensions, count: description.count, extent, operands, symbols, calls });
    this.#shared.kernels.set(key, kernel);
    return kernel;
  }

  /** The tensor a `node` operand may read: one whose group ends before this node's begins. */
  #before(index: number, { geometry }: Node): Held | undefined {
    const { groupStart } = geometry.description;
    if (index >= groupStart || index >= this.#layout.nodes(this.#call)) return undefined;
    const theirs = this.#layout.geometry(this.#call, index).description;
    return theirs.groupEnd <= groupStart ? this.#held[this.#first + index] : undefined;
  }

  /** The member of this node's row group that a `row` operand may read. */
  #member(index: number, { geometry }: Node): Node | undefined {
    const member = this.#group.find((other) => other.index === index);
    if (member === undefined) return undefined;
    const [theirs, ours] = [member.geometry.description, geometry.description];
    return theirs.rows === ours.rows && theirs.count >= theirs.rows && theirs.rows > 0 ? member : undefined;
  }

  #plan(operand: OperandReference, node: Node): OperandPlan {
    if (operand.kind === "history") return { kind: "history" };
    if (operand.kind === "row") {
      const member = this.#member(operand.index, node);
      if (member === undefined) return { kind: "absent" };
      const { count, rows } = member.geometry.description;
      const { dtype } = member.geometry.record;
      return { kind: "row", dtype, count, rowSize: Math.floor(count / rows), earlier: operand.index < node.index };
    }
    const held = this.#tensor(operand, node);
    if (held === undefined) return { kind: "absent" };
    return { kind: "tensor", dtype: held.tensor.dtype, count: held.store.length };
  }

  #tensor(operand: OperandReference & { kind: "input" | "parameter" | "node" | "row" }, node: Node): Held | undefined {
    if (operand.kind === "input") return this.#shared.inputs[operand.index];
    if (operand.kind === "parameter") return this.#shared.parameters[operand.index];
    return this.#before(operand.index, node);
  }

  #operand(operand: OperandReference, node: Node): Operand {
    if (operand.kind === "row") return this.#member(operand.index, node)?.out;
    if (operand.kind !== "history") return this.#tensor(operand, node)?.store;
    return (call, element) => {
      if (typeof call !== "number" || call < 0 || call >= this.#call) return 0;
      const index = call === 0 ? operand.prompt : operand.decode;
      if (index >= this.#layout.nodes(call)) return 0;
      const tensor = this.#shared.source.tensor(call, this.#layout.firstNode(call) + index);
      if (typeof element !== "number" || element < 0 || element >= countOf(tensor.shape)) return 0;
      return loadWord(tensor.dtype, tensor.data, element);
    };
  }
}
