/**
 * Reductions whose order does not matter (maximum, minimum, sums of integers), with lanes over the steps of one element
 * rather than over elements: how the greatest of a long row, or of a whole tensor, is found.
 */
import { bitsOf, DType, type NodeRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { block, br, brIf, f32, f32x4, get, i32, i32x4, loop, select, set, type Code } from "../wasm/code.ts";
import type { Emitter } from "./emitter.ts";
import { LANES } from "./emitter.ts";
import type { GraphBuilder, Node, Size } from "./graph.ts";

/** Vectors that are reduced at once. */
const COPIES = 4;
/** Fewest steps for which lanes over steps pay. */
const LEAST_STEPS = 16;

/** An instruction that may be applied in any order, to elements that do not depend on the accumulator. */
export interface Across {
  readonly op: number;
  readonly element: Node;
  readonly init: Node;
  readonly accumulator: Node;
}

type Apply = { readonly vector: (a: Code, b: Code) => Code; readonly scalar: (a: number, b: number) => Code };

const compared =
  (less: (a: Code, b: Code) => Code): Apply["scalar"] =>
  (a, b) =>
    select(less(get(a), get(b)), get(a), get(b));
const FLOATS: Readonly<Record<number, Apply>> = {
  [OPCODE.fmax]: { vector: f32x4.max, scalar: (a, b) => f32.max(get(a), get(b)) },
  [OPCODE.fmin]: { vector: f32x4.min, scalar: (a, b) => f32.min(get(a), get(b)) },
};
const INTEGERS: Readonly<Record<number, Apply>> = {
  [OPCODE.iadd]: { vector: i32x4.add, scalar: (a, b) => i32.add(get(a), get(b)) },
  [OPCODE.imax]: { vector: i32x4.max_s, scalar: compared(i32.gt_s) },
  [OPCODE.imin]: { vector: i32x4.min_s, scalar: compared(i32.lt_s) },
};

const applying = (op: number, float: boolean): Apply | undefined => (float ? FLOATS : INTEGERS)[op];

/**
 * The reduction across steps that a record is, in a graph whose lanes are steps; undefined where it is none. Elements that
 * lie side by side from step to step are the sign that it pays.
 */
export function acrossOf(graph: GraphBuilder, record: NodeRecord): Across | undefined {
  if (record.kind !== "reduce" || record.accumulators.length !== 1) return undefined;
  const [dtype] = record.accumulators;
  if (bitsOf(dtype) === 64 || dtype === DType.UINT32 || dtype === DType.FLOAT16 || dtype === DType.BFLOAT16) {
    return undefined;
  }
  const accumulator = graph.accumulator(0);
  const [init] = graph.section(record.init);
  const [next] = graph.section(record.step, [accumulator], true);
  const { op, args } = next;
  if (applying(op, accumulator.float) === undefined || (op === OPCODE.iadd && dtype !== DType.INT32)) return undefined;
  const element = args[0] === accumulator ? args[1] : args[1] === accumulator ? args[0] : undefined;
  if (element === undefined || reads(element, accumulator) || !neighbours(element)) return undefined;
  // What is stored must be what was computed: then it may be stored once, at the end.
  const fits = accumulator.float
    ? element.float && next.float
    : next.op === OPCODE.iadd || isWithin(element, accumulator);
  const starts = accumulator.float ? init.float || isPattern(init) : isWithin(init, accumulator);
  if (!fits || !starts) return undefined;
  return { op, element, init, accumulator };
}

const isWithin = (node: Node, bounds: Node): boolean => node.low >= bounds.low && node.high <= bounds.high;
/** A constant that is a number's pattern. */
const isPattern = (node: Node): boolean =>
  node.low === node.high && node.low >= 0 && (node.low & 0x7fffffff) <= 0x7f800000;
const reads = (node: Node, other: Node): boolean => node === other || node.args.some((arg) => reads(arg, other));

/** Whether some load of the element goes from place to place with the step, and none jumps. */
function neighbours(element: Node): boolean {
  const strides: (number | undefined)[] = [];
  const visit = (node: Node): void => {
    if (node.op === OPCODE.load) strides.push(node.args[0].stride);
    node.args.forEach(visit);
  };
  visit(element);
  return strides.includes(1) && strides.every((stride) => stride === 0 || stride === 1);
}

/** Whether lanes over steps are the better choice: few elements, or elements that do not lie side by side. */
export function prefersAcross(perElement: Node, count: Size, extent: Size): boolean {
  if (extent.most < LEAST_STEPS) return false;
  return count.most < LANES * COPIES || !neighbours(perElement);
}

/**
 * Code that reduces one element into a local, from the step local `counter` on.
 * @param counter What the emitter takes for the place of a lane.
 */
export function acrossCode(
  emitter: Emitter,
  { op, element, init, accumulator }: Across,
  extent: Size,
  counter: number,
): { readonly code: Code; readonly result: number } {
  const { writer } = emitter;
  const { float } = accumulator;
  const apply = applying(op, float)!;
  const scalarType = float ? "f32" : "i32";
  const [result, next, to] = [writer.local(scalarType), writer.local(scalarType), writer.local("i32")];
  const sums = Array.from({ length: COPIES }, () => writer.local("v128"));
  const scalarOf = (node: Node): Code => (float ? emitter.access.float(node) : emitter.access.low(node));

  emitter.begin(true, COPIES);
  const updates = sums.map((sum, copy) => {
    emitter.copy(copy);
    const value = float ? emitter.vectors.float(element) : emitter.vectors.low(element);
    return set(sum, apply.vector(get(sum), value));
  });
  const vectorLoop = stepLoop(counter, to, LANES * COPIES, [emitter.places.lane, updates]);

  emitter.begin(false, 1);
  const value = scalarOf(element);
  const tail = stepLoop(counter, to, 1, [
    emitter.places.lane,
    set(next, value),
    set(result, apply.scalar(result, next)),
  ]);

  // A sum starts from nothing in every lane; of the others any number of copies of the start is the start.
  const start =
    op === OPCODE.iadd ? i32x4.const(0, 0, 0, 0) : float ? f32x4.splat(get(result)) : i32x4.splat(get(result));
  const joined = sums.slice(1).map((sum) => set(sums[0], apply.vector(get(sums[0]), get(sum))));
  const lanes = Array.from({ length: LANES }, (_, k) => [
    set(next, float ? f32x4.extract_lane(get(sums[0]), k) : i32x4.extract_lane(get(sums[0]), k)),
    set(result, apply.scalar(result, next)),
  ]);
  return {
    result,
    code: [
      set(to, extent.constant !== undefined ? i32.const(extent.constant) : i32.load(i32.const(extent.slot))),
      set(result, scalarOf(init)),
      sums.map((sum) => set(sum, start)),
      set(counter, i32.const(0)),
      vectorLoop,
      joined,
      lanes,
      tail,
    ],
  };
}

function stepLoop(counter: number, to: number, width: number, body: Code): Code {
  const enough = i32.le_u(i32.add(get(counter), i32.const(width)), get(to));
  return block(loop(brIf(1, i32.eqz(enough)), body, set(counter, i32.add(get(counter), i32.const(width))), br(0)));
}
