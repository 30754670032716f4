/**
 * Reductions whose order does not matter (maximum, minimum, sums of integers), with lanes over the steps of one element
 * rather than over elements: how the greatest of a long row, or of a whole tensor, is found.
 */
import { bitsOf, DType, type NodeRecord } from "@assay/vm";
import { NAN } from "@assay/vm/float32";
import { OPCODE } from "@assay/vm/opcodes";
import { block, br, brIf, f32, get, i32, i32x4, loop, select, set, v128, type Code } from "../wasm/code.ts";
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
const GREATER: Apply = { vector: i32x4.max_s, scalar: compared(i32.gt_s) };
const LESS: Apply = { vector: i32x4.min_s, scalar: compared(i32.lt_s) };
const SUM: Apply = { vector: i32x4.add, scalar: (a, b) => i32.add(get(a), get(b)) };

/** How words are reduced, by instruction: floats by their keys. */
const APPLY: Readonly<Record<number, Apply>> = {
  [OPCODE.fmax]: GREATER,
  [OPCODE.fmin]: LESS,
  [OPCODE.imax]: GREATER,
  [OPCODE.imin]: LESS,
  [OPCODE.iadd]: SUM,
};

const SIGN = -(2 ** 31);
const MAGNITUDE = 0x7fffffff;
const INFINITY_PATTERN = 0x7f800000;

/**
 * An integer that orders floats as maximum and minimum do: as numbers, -0 below +0, the one NaN beyond all of them on the side
 * that wins. WebAssembly's own maximum takes ten of the machine's instructions, this three.
 */
const keyOf = (op: number, word: number): Code => {
  const ordered = i32.xor(get(word), i32.and(i32.shr_s(get(word), i32.const(31)), i32.const(MAGNITUDE)));
  if (op !== OPCODE.fmin) return ordered;
  return select(i32.gt_s(get(word), i32.const(INFINITY_PATTERN)), i32.const(SIGN), ordered);
};
const four = (x: number): Code => i32x4.const(x, x, x, x);
const keysOf = (op: number, words: number): Code => {
  const ordered = v128.xor(get(words), v128.and(i32x4.shr_s(get(words), i32.const(31)), four(MAGNITUDE)));
  if (op !== OPCODE.fmin) return ordered;
  return v128.bitselect(four(SIGN), ordered, i32x4.gt_s(get(words), four(INFINITY_PATTERN)));
};
/** The pattern of a key. */
const patternOf = (op: number, key: number): Code => {
  const pattern = i32.xor(get(key), i32.and(i32.shr_s(get(key), i32.const(31)), i32.const(MAGNITUDE)));
  if (op !== OPCODE.fmin) return pattern;
  return select(i32.eq(get(key), i32.const(SIGN)), i32.const(NAN), pattern);
};

const isFloatOp = (op: number): boolean => op === OPCODE.fmax || op === OPCODE.fmin;

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
  if (APPLY[op] === undefined || isFloatOp(op) !== accumulator.float || (op === OPCODE.iadd && dtype !== DType.INT32))
    return undefined;
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
  const apply = APPLY[op];
  const [result, next, to] = [writer.local("i32"), writer.local("i32"), writer.local("i32")];
  const words = writer.local("v128");
  const sums = Array.from({ length: COPIES }, () => writer.local("v128"));
  /** Sets `next` to a word as it is reduced. */
  const take = (word: Code): Code => [set(next, word), float ? set(next, keyOf(op, next)) : []];

  emitter.begin(true, COPIES);
  const updates = sums.map((sum, copy) => {
    emitter.copy(copy);
    const value = emitter.vectors.low(element);
    return [set(words, value), set(sum, apply.vector(get(sum), float ? keysOf(op, words) : get(words)))];
  });
  const vectorLoop = stepLoop(counter, to, LANES * COPIES, [emitter.places.lane, updates]);

  emitter.begin(false, 1);
  const element0 = take(emitter.access.low(element));
  const tail = stepLoop(counter, to, 1, [emitter.places.lane, element0, set(result, apply.scalar(result, next))]);

  // A sum starts from nothing in every lane; of the others any number of copies of the start is the start.
  const start = op === OPCODE.iadd ? i32x4.const(0, 0, 0, 0) : i32x4.splat(get(result));
  const joined = sums.slice(1).map((sum) => set(sums[0], apply.vector(get(sums[0]), get(sum))));
  const lanes = Array.from({ length: LANES }, (_, k) => [
    set(next, i32x4.extract_lane(get(sums[0]), k)),
    set(result, apply.scalar(result, next)),
  ]);
  const reduced = writer.local(float ? "f32" : "i32");
  return {
    result: reduced,
    code: [
      set(to, extent.constant !== undefined ? i32.const(extent.constant) : i32.load(i32.const(extent.slot))),
      take(emitter.access.low(init)),
      set(result, get(next)),
      sums.map((sum) => set(sum, start)),
      set(counter, i32.const(0)),
      vectorLoop,
      joined,
      lanes,
      tail,
      set(reduced, float ? f32.reinterpret_i32(patternOf(op, result)) : get(result)),
    ],
  };
}

function stepLoop(counter: number, to: number, width: number, body: Code): Code {
  const enough = i32.le_u(i32.add(get(counter), i32.const(width)), get(to));
  return block(loop(brIf(1, i32.eqz(enough)), body, set(counter, i32.add(get(counter), i32.const(width))), br(0)));
}
