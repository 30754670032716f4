/**
 * Finds the contraction in a record: not by the operator it came from, which a record does not say, but by its code. A
 * reduction whose step adds a product of two guarded loads, each at an index that is a sum of a part of the place and a part
 * of the step, is one; its tables are what those parts come to.
 */
import { DType, type NodeRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { CONST, GraphBuilder, OUTER, type Node, type OperandPlan, type Scope, type Size } from "../codegen/graph.ts";
import { staysInside, takeGuards, type Guarded } from "../codegen/guards.ts";
import { BLOCK, KIND, MAX_GUARDS } from "../contraction.ts";
import { computedFactor, type ComputedFactor } from "./computedFactor.ts";
import { asFloats, isShortSum } from "./shortSums.ts";
import { evaluator, linearForm, placesOf, restrict, separate, type LinearForm } from "../codegen/linearForm.ts";

/** A factor: which operand, and the tables by which its elements are found. */
export interface MatchedFactor {
  readonly slot: number;
  readonly dtype: DType;
  readonly batch: Int32Array;
  readonly lane: Int32Array;
  readonly depth: Int32Array;
  readonly guards: readonly { readonly lane: Int32Array; readonly depth: Int32Array; readonly size: number }[];
  readonly zero: MatchedZero | undefined;
  /** Where the factor is no tensor's element: the kernel that computes it, into the tensor that `slot` then is. */
  readonly computed?: ComputedFactor | undefined;
  /** Whether that kernel only makes floats of a tensor's elements, which pays however seldom they are used. */
  readonly elementwise?: boolean;
}

/** A zero point: a constant, or elements of an operand by lane. */
export type MatchedZero =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "loaded"; readonly slot: number; readonly lane: Int32Array };

export interface MatchedContraction {
  readonly kind: number;
  readonly depth: number;
  readonly rows: number;
  readonly columns: number;
  readonly batches: number;
  readonly blocked: boolean;
  readonly outBatch: Int32Array;
  readonly outRow: Int32Array;
  readonly rowFactor: MatchedFactor;
  readonly columnFactor: MatchedFactor;
}

/** Below so many products a contraction's tables are not worth their place. */
export const LEAST_PRODUCTS = 512;

export interface Subject {
  readonly record: NodeRecord;
  readonly dimensions: readonly Size[];
  readonly count: Size;
  readonly extent: Size;
  readonly operands: readonly OperandPlan[];
  readonly symbols: readonly number[];
  readonly calls: number;
}

/** The contraction that a record is; undefined where it is none. */
export function recognise(subject: Subject): MatchedContraction | undefined {
  const { record, extent } = subject;
  if (record.kind !== "reduce" || !subject.dimensions.every(({ constant }) => constant !== undefined)) return undefined;
  const depth = extent.constant ?? 0;
  const sizes = subject.dimensions.map(({ constant }) => constant!);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (depth === 0 || count * depth < LEAST_PRODUCTS) return undefined;
  const scope: Scope = {
    ...subject,
    constants: record.constants,
    rank: sizes.length,
    accumulators: record.accumulators,
    inner: sizes.length,
  };
  const graph = new GraphBuilder(scope);
  const product = productOf(graph, record);
  if (product === undefined) return undefined;
  const factors = product.factors.map((node, which) => {
    return factorOf(graph, node, product.kind) ?? anyFactor({ record, graph, sizes, depth }, node, which, product.kind);
  });
  const [first, second] = factors;
  if (first === undefined || second === undefined) return undefined;
  const match = arrange(sizes, depth, product, first, second);
  return match !== undefined && isShortSum(match) ? asFloats(match, record, subject.operands) : match;
}

export interface Product {
  readonly kind: number;
  readonly blocked: boolean;
  readonly factors: readonly [Node, Node];
}

/** The two factors whose products the step adds, in one of the canonical orders of lowering/dot.ts. */
export function productOf(graph: GraphBuilder, record: NodeRecord & { kind: "reduce" }): Product | undefined {
  const types = record.accumulators;
  const accumulators = types.map((_, i) => graph.accumulator(i));
  const init = graph.section(record.init);
  const step = graph.section(record.step, accumulators, true);
  const [chain, total] = accumulators;
  if (types.length === 1 && types[0] === DType.FLOAT32 && isConstant(init[0], 0)) {
    const [sum] = step;
    if (sum.op !== OPCODE.ffma || sum.args[2] !== chain) return undefined;
    return { kind: KIND.FLOAT32, blocked: false, factors: [sum.args[0], sum.args[1]] };
  }
  if (types.length === 1 && types[0] === DType.INT32 && isConstant(init[0], 0)) {
    const [sum] = step;
    const added = other(sum, OPCODE.iadd, chain);
    if (added?.op !== OPCODE.imul) return undefined;
    return { kind: KIND.INT32, blocked: false, factors: [added.args[0], added.args[1]] };
  }
  const isBlocked = types.length === 2 && types.every((dtype) => dtype === DType.FLOAT32);
  if (!isBlocked || !init.every((node) => isConstant(node, NEGATIVE_ZERO))) return undefined;
  const [sum, carried] = step;
  const starts = carried.args[0];
  const taken = carried.op === OPCODE.select && carried.args[2] === total ? carried.args[1] : undefined;
  if (taken === undefined || other(taken, OPCODE.fadd, chain) !== total || !isBlockStart(graph, starts))
    return undefined;
  const base = sum.op === OPCODE.ffma ? sum.args[2] : undefined;
  if (base?.op !== OPCODE.select || base.args[0] !== starts) return undefined;
  if (!isConstant(base.args[1], 0) || base.args[2] !== chain) return undefined;
  if (!readsSumOnly(graph.section(record.final, accumulators)[0], chain, total)) return undefined;
  return { kind: KIND.FLOAT32, blocked: true, factors: [sum.args[0], sum.args[1]] };
}

const NEGATIVE_ZERO = 0x80000000;
const isConstant = (node: Node, value: number): boolean => node.op === CONST && node.value === value;

/** The other operand of a commutative instruction. */
function other(node: Node, op: number, one: Node): Node | undefined {
  if (node.op !== op) return undefined;
  if (node.args[0] === one) return node.args[1];
  return node.args[1] === one ? node.args[0] : undefined;
}

/** r mod 512 = 0, as dotProduct writes it. */
function isBlockStart(graph: GraphBuilder, node: Node): boolean {
  if (node.op !== OPCODE.lnot || node.args[0].op !== OPCODE.and) return false;
  return other(node.args[0], OPCODE.and, graph.step())?.value === BLOCK - 1;
}

/** Whether the accumulators are read only as total + chain. */
function readsSumOnly(node: Node, chain: Node, total: Node): boolean {
  if (node === chain || node === total) return false;
  if (other(node, OPCODE.fadd, chain) === total) return true;
  return node.args.every((arg) => readsSumOnly(arg, chain, total));
}

export interface Factor {
  readonly slot: number;
  readonly dtype: DType;
  readonly index: LinearForm;
  readonly guards: readonly Guarded[];
  readonly zero:
    | { readonly kind: "constant"; readonly value: number }
    | { kind: "loaded"; slot: number; index: LinearForm }
    | undefined;
  readonly computed?: ComputedFactor | undefined;
}

/** A factor: a load, perhaps guarded, of integers perhaps less a zero point. */
export function factorOf(graph: GraphBuilder, node: Node, kind: number): Factor | undefined {
  const guards: Guarded[] = [];
  let guarded: Node | undefined;
  if (node.op === OPCODE.select && isConstant(node.args[2], 0)) {
    [guarded] = node.args;
    if (!takeGuards(guarded, guards)) return undefined;
    node = node.args[1];
  }
  let zero: Factor["zero"];
  if (kind === KIND.INT32 && node.op === OPCODE.isub) {
    const [, point] = node.args;
    if (point.op === CONST && typeof point.value === "number") zero = { kind: "constant", value: point.value };
    else {
      const plan = point.op === OPCODE.load ? graph.scope.operands[point.imm] : undefined;
      const index = plan?.kind === "tensor" ? linearForm(point.args[0]) : undefined;
      if (index === undefined || !graph.inside(point.args[0], (plan as { count: Size }).count)) return undefined;
      zero = { kind: "loaded", slot: point.imm, index };
    }
    node = node.args[0];
  }
  if (node.op !== OPCODE.load) return undefined;
  const plan = graph.scope.operands[node.imm];
  if (plan.kind !== "tensor" || plan.count.constant === undefined || !isFactorType(plan.dtype, kind)) return undefined;
  // What lies elsewhere in every call has no fixed address. A parameter's is not asked for: it may be read packed.
  if (plan.parameter === undefined && plan.address.constant === undefined) return undefined;
  let [place] = node.args;
  if (place.op === OPCODE.select && place.args[2].high < 0) {
    // What is not there loads as 0, from which a zero point would still be taken, unless the whole factor is then 0.
    if (place.args[0] !== guarded) {
      if (zero !== undefined || !takeGuards(place.args[0], guards)) return undefined;
    }
    place = place.args[1];
  }
  const index = linearForm(place);
  if (index === undefined || guards.length > MAX_GUARDS) return undefined;
  if (!staysInside(index, guards, plan.count.constant)) return undefined;
  if (zero?.kind === "loaded" && (graph.scope.operands[zero.slot] as { dtype: DType }).dtype !== plan.dtype)
    return undefined;
  return { slot: node.imm, dtype: plan.dtype, index, guards, zero };
}

/** Most bytes of the tensor of a factor that is computed in every run. */
export const MOST_COMPUTED_BYTES = 2 ** 28;
/** Elements of a computed factor, whose offsets tables of int32 hold. */
const MOST_ELEMENTS = 2 ** 31;
/** Products that an element of a factor that is computed in every run takes part in, at least. */
export const LEAST_USES = 4;

interface Surface {
  readonly record: NodeRecord & { kind: "reduce" };
  readonly graph: GraphBuilder;
  readonly sizes: readonly number[];
  readonly depth: number;
}

/** A factor that is any code, computed before; undefined where it is used too seldom for that, or is too large. */
function anyFactor(
  { record, graph, sizes, depth }: Surface,
  node: Node,
  which: number,
  kind: number,
): Factor | undefined {
  const has = (d: number): boolean => (node.depends & OUTER & (1 << d)) !== 0;
  const own = sizes.map((size, d) => (has(d) ? size : 1));
  const [count, all] = [own, sizes].map((list) => list.reduce((product, size) => product * size, 1));
  if (kind !== KIND.FLOAT32 || count * depth >= MOST_ELEMENTS) return undefined;
  const computed = computedFactor(record, graph, node, sizes, depth, has);
  if (computed === undefined) return undefined;
  const isRare = all < LEAST_USES * count || 4 * count * depth > MOST_COMPUTED_BYTES;
  if (!computed.constant && isRare) return undefined;
  const terms = new Map<Node, number>([[graph.step(), 1]]);
  let stride = depth;
  for (let d = own.length - 1; d >= 0; stride *= own[d--]) if (own[d] > 1) terms.set(graph.coordinate(d), stride);
  const index = { constant: 0, terms };
  return { slot: record.operands.length + which, dtype: DType.FLOAT32, index, guards: [], zero: undefined, computed };
}

function isFactorType(dtype: DType, kind: number): boolean {
  const types: readonly DType[] =
    kind === KIND.FLOAT32 ? [DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16] : [DType.UINT8, DType.INT8];
  return types.includes(dtype);
}

/** All coordinates that a factor's elements depend on. */
export const coordinatesOf = ({ index, guards, zero }: Factor): number =>
  [index, ...guards.map(({ form }) => form), ...(zero?.kind === "loaded" ? [zero.index] : [])].reduce(
    (bits, form) => bits | placesOf(form),
    0,
  );

/** Tells rows, columns and batches apart, and makes the tables. */
function arrange(
  sizes: readonly number[],
  depth: number,
  { kind, blocked }: Product,
  first: Factor,
  second: Factor,
): MatchedContraction | undefined {
  const real = sizes.flatMap((size, d) => (size === 1 ? [] : [d]));
  const has = (factor: Factor, d: number): boolean => (coordinatesOf(factor) & (1 << d)) !== 0;
  const innermost = real.at(-1);
  if (innermost === undefined || has(first, innermost) === has(second, innermost)) return undefined;
  const [rowsOf, columnsOf] = has(first, innermost) ? [second, first] : [first, second];
  // Columns are the innermost dimensions that only their factor depends on: their places follow one another.
  const columnDims: number[] = [];
  for (const d of [...real].reverse()) {
    if (!has(columnsOf, d) || has(rowsOf, d)) break;
    columnDims.unshift(d);
  }
  const outer = real.filter((d) => !columnDims.includes(d));
  const rowDims = outer.filter((d) => has(rowsOf, d) && !has(columnsOf, d));
  const batchDims = outer.filter((d) => !rowDims.includes(d));
  const spaces = { batch: space(sizes, batchDims), row: space(sizes, rowDims), column: space(sizes, columnDims) };
  const strides = sizes.map((_, d) => sizes.slice(d + 1).reduce((product, size) => product * size, 1));
  const out = (places: Space): Int32Array =>
    places.table((at) => places.dims.reduce((sum, d) => sum + at[d] * strides[d], 0));
  const rowFactor = tables(rowsOf, spaces.batch, spaces.row, depth);
  const columnFactor = tables(columnsOf, spaces.batch, spaces.column, depth);
  if (rowFactor === undefined || columnFactor === undefined) return undefined;
  return {
    kind,
    depth,
    rows: spaces.row.count,
    columns: spaces.column.count,
    batches: spaces.batch.count,
    blocked,
    outBatch: out(spaces.batch),
    outRow: out(spaces.row),
    rowFactor,
    columnFactor,
  };
}

/** Some of the output's dimensions, run through in order. */
export interface Space {
  readonly dims: readonly number[];
  readonly bits: number;
  readonly count: number;
  table(value: (coordinates: readonly number[]) => number): Int32Array;
}

export function space(sizes: readonly number[], dims: readonly number[]): Space {
  const count = dims.reduce((product, d) => product * sizes[d], 1);
  return {
    dims,
    bits: dims.reduce((bits, d) => bits | (1 << d), 0),
    count,
    table(value) {
      const at = sizes.map(() => 0);
      const result = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        result[i] = value(at);
        for (let k = dims.length - 1; k >= 0; k--) {
          if (++at[dims[k]] < sizes[dims[k]]) break;
          at[dims[k]] = 0;
        }
      }
      return result;
    },
  };
}

/** The tables of a factor over batches and lanes; the constant part goes with the lanes. */
export function tables(factor: Factor, batch: Space, lanes: Space, depth: number): MatchedFactor | undefined {
  const steps = (form: LinearForm): Int32Array => {
    const value = evaluator(form);
    return Int32Array.from({ length: depth }, (_, r) => value([], r));
  };
  const over = (places: Space, form: LinearForm): Int32Array => {
    const value = evaluator(form);
    return places.table((at) => value(at, 0));
  };
  const split = (form: LinearForm) => {
    const parts = separate(form);
    const ofBatch = parts && restrict(parts.place, batch.bits);
    const ofLane = parts && restrict(parts.place, lanes.bits);
    if (parts === undefined || ofBatch === undefined || ofLane === undefined) return undefined;
    if (ofBatch.terms.size + ofLane.terms.size !== parts.place.terms.size) return undefined;
    return { batch: ofBatch, lane: { ...ofLane, constant: parts.place.constant }, step: parts.step };
  };
  const index = split(factor.index);
  if (index === undefined) return undefined;
  const guards = factor.guards.map(({ form, size }) => {
    const parts = split(form);
    // A guard has no table for batches.
    if (parts === undefined || parts.batch.terms.size > 0) return undefined;
    return { lane: over(lanes, parts.lane), depth: steps(parts.step), size };
  });
  if (guards.some((guard) => guard === undefined)) return undefined;
  let zero: MatchedZero | undefined;
  if (factor.zero?.kind === "constant") zero = factor.zero;
  else if (factor.zero !== undefined) {
    const parts = split(factor.zero.index);
    if (parts === undefined || parts.batch.terms.size > 0 || parts.step.terms.size > 0) return undefined;
    zero = { kind: "loaded", slot: factor.zero.slot, lane: over(lanes, parts.lane) };
  }
  return {
    slot: factor.slot,
    dtype: factor.dtype,
    batch: over(batch, index.batch),
    lane: over(lanes, index.lane),
    depth: steps(index.step),
    guards: guards.map((guard) => guard!),
    zero,
    computed: factor.computed,
  };
}
