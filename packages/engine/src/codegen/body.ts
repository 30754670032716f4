/**
 * What a kernel computes: a record's sections as nodes of a graph, already as they are stored, in the scope that decides what
 * is run through in lanes.
 */
import { DType, type NodeRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { DEPENDS, type GraphBuilder, type Node, type OperandPlan, type Scope, type Size } from "./graph.ts";
import type { Scatter } from "./scatter.ts";

/** What a kernel is made for. */
export interface KernelPlan {
  readonly name: string;
  readonly record: NodeRecord;
  readonly dimensions: readonly Size[];
  readonly count: Size;
  readonly extent: Size;
  readonly operands: readonly OperandPlan[];
  readonly symbols: readonly number[];
  readonly calls: number;
  /** Where the output lies. */
  readonly out: Size;
  /** Whether the kernel is called for one row at a time, so that the row is the same in all lanes. */
  readonly rowByRow: boolean;
  /** Address of 16 bytes that hold four copies of a pattern. */
  readonly constants: (pattern: number) => number;
  /** For the last part of a reduction: the operand that holds its sums, or last accumulators, which then are the reduction. */
  readonly sums?: number;
  /** For a scattering reduction: how its steps are run through. The start of each element then is in its place already. */
  readonly scatter?: Scatter;
}

/** The nodes of a kernel: a value, or a reduction; already as stored. */
export interface Body {
  readonly accumulators: readonly Node[];
  readonly init: readonly Node[];
  readonly step: readonly Node[];
  readonly value: Node;
  /** A number of steps, the same in all of a kernel, after which a step changes nothing: those are not run, and `step` does not ask. */
  readonly end?: Node;
}

/** The scope: dimensions of size 1 stay, but the lanes are those from `inner` on. */
export function scopeOf(plan: KernelPlan): Scope {
  const { record } = plan;
  // A row group's row is never a lane: a dimension of one stands behind it.
  const dimensions = plan.rowByRow
    ? [...(plan.dimensions.length === 0 ? [ONE] : plan.dimensions), ...(plan.dimensions.length <= 1 ? [ONE] : [])]
    : plan.dimensions;
  const used = usedCoordinates(record, plan.sums !== undefined).filter((d) => dimensions[d]?.constant !== 1);
  const last = Math.max(-1, ...used.filter((d) => d < plan.dimensions.length));
  let inner = Math.min(last + 1, Math.max(0, dimensions.length - 1));
  // The last dimension that is used is the lanes itself where nothing is left behind it.
  if (last >= 0 && dimensions.slice(inner).every(({ constant }) => constant === 1)) inner = last;
  if (plan.rowByRow) inner = Math.max(1, inner);
  return {
    constants: record.constants,
    dimensions,
    rank: plan.dimensions.length,
    count: plan.count,
    extent: plan.extent,
    operands: plan.operands,
    accumulators: record.kind === "reduce" ? record.accumulators : [],
    symbols: plan.symbols,
    calls: plan.calls,
    inner,
  };
}

const ONE: Size = { constant: 1, slot: 0, most: 1 };

/** The coordinates that the code looks at. */
function usedCoordinates(record: NodeRecord, finalOnly: boolean): number[] {
  const sections =
    record.kind === "map" ? [record.value] : finalOnly ? [record.final] : [record.init, record.step, record.final];
  const used = new Set<number>();
  for (const { code } of sections) {
    for (let i = 0; i + 4 <= code.length; i += 4) if (code[i] === OPCODE.index) used.add(code[i + 1]);
  }
  return [...used];
}

/** All nodes of a body. */
export function rootsOf({ accumulators, init, step, value, end }: Body): readonly Node[] {
  return [value, ...init, ...step, ...accumulators, ...(end === undefined ? [] : [end])];
}

export function bodyOf(graph: GraphBuilder, { record, sums }: KernelPlan): Body {
  const plain = { accumulators: [], init: [], step: [] };
  if (record.kind === "map") return { ...plain, value: stored(graph, record.dtype, graph.section(record.value)[0]) };
  if (sums !== undefined) {
    // Of two accumulators the second is the total before the last block: -0 leaves the sum as it is.
    const sum = graph.load(sums, graph.linear(), graph.constant(0));
    // Short sums of integers are floats.
    const whole = sum.float && record.accumulators[0] === DType.INT32;
    const finished = sum.float ? graph.compute(whole ? OPCODE.ftoi32 : OPCODE.fcanon, sum) : sum;
    const [value] = graph.section(record.final, [finished, graph.constant(0x80000000)]);
    return { ...plain, value: stored(graph, record.dtype, value) };
  }
  const types = record.accumulators;
  const accumulators = types.map((_, i) => graph.accumulator(i));
  const keep = (nodes: readonly Node[]): Node[] => nodes.map((node, i) => stored(graph, types[i], node));
  const step = graph.section(record.step, accumulators, true);
  const ended = endedStep(graph, accumulators, step);
  return {
    accumulators,
    init: keep(graph.section(record.init)),
    step: keep(ended?.step ?? step),
    value: stored(graph, record.dtype, graph.section(record.final, accumulators)[0]),
    ...(ended && { end: ended.end }),
  };
}

/**
 * A step that leaves every accumulator as it is unless its number is below another, which nothing in the kernel changes: as
 * attention asks how many positions there are by now, where a reduction has as many steps as there may ever be.
 */
function endedStep(
  graph: GraphBuilder,
  accumulators: readonly Node[],
  step: readonly Node[],
): { readonly step: readonly Node[]; readonly end: Node } | undefined {
  const changing = step.filter((node, i) => node !== accumulators[i]);
  const [condition] = changing[0]?.args ?? [];
  const isAsked = step.every(
    (node, i) => node === accumulators[i] || (node.op === OPCODE.select && node.args[2] === accumulators[i]),
  );
  if (!isAsked || condition?.op !== OPCODE.ult || condition.args[0] !== graph.step()) return undefined;
  const [, end] = condition.args;
  if (!changing.every(({ args }) => args[0] === condition) || (end.depends & ~DEPENDS.CALL) !== 0) return undefined;
  if (end.low < 0 || end.high >= 2 ** 32) return undefined;
  return { step: step.map((node, i) => (node === accumulators[i] ? node : node.args[1])), end };
}

/** The word after it is stored in a type and loaded again; of a 16-bit float its pattern, which is what a store writes. */
export function stored(graph: GraphBuilder, dtype: DType, node: Node): Node {
  const by = (op: number, ...more: Node[]): Node => graph.compute(op, node, ...more);
  switch (dtype) {
    case DType.FLOAT32:
      return node.float ? node : by(OPCODE.fcanon);
    case DType.FLOAT16:
      return graph.compute(OPCODE.htof, by(OPCODE.ftoh));
    case DType.BFLOAT16:
      return graph.compute(OPCODE.btof, by(OPCODE.ftob));
    case DType.BOOL:
      return by(OPCODE.truth);
    case DType.INT8:
      return by(OPCODE.wrapi8);
    case DType.INT16:
      return by(OPCODE.wrapi16);
    case DType.INT32:
      return by(OPCODE.wrapi32);
    case DType.UINT8:
      return by(OPCODE.wrapu8);
    case DType.UINT16:
      return by(OPCODE.wrapu16);
    case DType.UINT32:
      return by(OPCODE.wrapu32);
    case DType.UINT4:
      return by(OPCODE.and, graph.constant(15));
    case DType.INT4: {
      const places = graph.constant(60);
      return graph.compute(OPCODE.ishr, by(OPCODE.shl, places), places);
    }
    default:
      return node;
  }
}
