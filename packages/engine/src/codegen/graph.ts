/**
 * Scalar code as a graph of values: each register becomes a node that knows the bounds of its word, what it depends on, and
 * how it changes from one lane to the next. What the sizes at hand decide (a guard that always holds) is decided here.
 */
import { bitsOf, DType, type Section } from "@assay/vm";
import { canonical } from "@assay/vm/float32";
import { OPCODE } from "@assay/vm/opcodes";
import { COMPUTE, MAX_LOADS } from "@assay/vm/scalarMachine";
import type { Word } from "@assay/vm/word";
import { boundsOf, type Bounds } from "./bounds.ts";

/** Pseudo-opcode of a constant. */
export const CONST = -1;

/** What a node depends on, as bits: coordinate d of the output is bit d. */
export const DEPENDS = { LANE: 1 << 8, STEP: 1 << 9, ACCUMULATOR: 1 << 10, CALL: 1 << 11 } as const;
/** Everything that is fixed while a lane runs. */
export const OUTER = 0xff;

export interface Node {
  readonly id: number;
  readonly op: number;
  readonly args: readonly Node[];
  /** Immediate: coordinate, operand of a load, accumulator, word of the seed. */
  readonly imm: number;
  /** Of a constant. */
  readonly value: Word;
  /** Bounds of the word as a signed integer; infinite where nothing is known. */
  readonly low: number;
  readonly high: number;
  /** Whether the word is a binary32 pattern with the one NaN, and kept as a float. */
  readonly float: boolean;
  readonly depends: number;
  /** By how much the word grows from one lane to the next; undefined where it just differs. 0: the same for all. */
  readonly stride: number | undefined;
}

/** What a kernel knows of an operand. */
export type OperandPlan =
  | { readonly kind: "absent" }
  | {
      readonly kind: "tensor";
      readonly dtype: DType;
      readonly count: Size;
      readonly address: Size;
      /** The number of the parameter that it is. */
      readonly parameter?: number;
    }
  /** A member of the row group: elements below `limit` rows are there. */
  | {
      readonly kind: "row";
      readonly dtype: DType;
      readonly count: Size;
      readonly address: Size;
      readonly rowSize: Size;
      readonly earlier: boolean;
    }
  /** Tensors of earlier calls: a table of (address, count) by call, of one type in call 0 and perhaps another later. */
  | {
      readonly kind: "history";
      readonly table: number;
      readonly prompt: DType | undefined;
      readonly decode: DType | undefined;
    };

/** A number that is known when code is generated, or lies at an address when it runs; `most` bounds it. */
export interface Size {
  readonly constant: number | undefined;
  readonly slot: number;
  readonly most: number;
}
export const fixed = (constant: number): Size => ({ constant, slot: 0, most: constant });

/** What the code of one node is compiled for. */
export interface Scope {
  readonly constants: ArrayLike<number>;
  /** Sizes of the output, outermost first. */
  readonly dimensions: readonly Size[];
  /** Dimensions that the code knows of. */
  readonly rank: number;
  readonly count: Size;
  readonly extent: Size;
  readonly operands: readonly OperandPlan[];
  readonly accumulators: readonly DType[];
  readonly symbols: readonly number[];
  readonly calls: number;
  /** First dimension that is run through in lanes: it and those after it are one. */
  readonly inner: number;
  /** Whether lanes are steps of one element's reduction instead. */
  readonly across?: boolean;
}

const FLOATS = new Set<number>([
  ...[OPCODE.fadd, OPCODE.fsub, OPCODE.fmul, OPCODE.fdiv, OPCODE.ffma, OPCODE.fsqrt, OPCODE.fmin, OPCODE.fmax],
  ...[OPCODE.fneg, OPCODE.fabs, OPCODE.ffloor, OPCODE.fceil, OPCODE.ftrunc, OPCODE.frint, OPCODE.fcanon],
  ...[OPCODE.itof, OPCODE.utof, OPCODE.htof, OPCODE.btof],
]);
export const isFloatType = (dtype: DType): boolean =>
  dtype === DType.FLOAT32 || dtype === DType.FLOAT16 || dtype === DType.BFLOAT16;

const PATTERN: Bounds = { low: 0, high: 2 ** 32 - 1 };
const UNKNOWN: Bounds = { low: -Infinity, high: Infinity };

/** Bounds of the words of a type. */
export function boundsOfType(dtype: DType): Bounds {
  if (isFloatType(dtype)) return PATTERN;
  if (dtype === DType.BOOL) return { low: 0, high: 1 };
  const bits = bitsOf(dtype);
  if (bits === 64) return UNKNOWN;
  const unsigned = [DType.UINT8, DType.UINT16, DType.UINT32, DType.UINT4].some((type) => type === dtype);
  return unsigned ? { low: 0, high: 2 ** bits - 1 } : { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
}

/** Builds the nodes of a record's sections; equal nodes are one. */
export class GraphBuilder {
  readonly scope: Scope;
  readonly #known = new Map<string, Node>();
  #count = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  constant(value: Word): Node {
    const number = typeof value === "number" ? value : value > 0n ? Infinity : -Infinity;
    return this.#node(CONST, [], 0, {
      value,
      low: typeof value === "number" ? number : -Infinity,
      high: typeof value === "number" ? number : Infinity,
      float: false,
      depends: 0,
      stride: 0,
    });
  }

  /** Nodes of a section's results. `accumulators` stand for `acc`. */
  section(section: Section, accumulators: readonly Node[] = [], step = false): Node[] {
    const registers: Node[] = Array.from({ length: this.scope.constants.length }, (_, i) =>
      this.constant(this.scope.constants[i] >>> 0),
    );
    const zero = this.constant(0);
    const read = (register: number): Node => registers[register] ?? zero;
    let loads = 0;
    for (let at = 0; at + 4 <= section.code.length; at += 4) {
      const [op, a, b, c] = section.code.subarray(at, at + 4);
      if (op === OPCODE.load) registers.push(loads++ < MAX_LOADS ? this.load(a, read(b), read(c)) : zero);
      else if (op === OPCODE.acc) registers.push(accumulators[a] ?? zero);
      else if (op === OPCODE.step) registers.push(step ? this.step() : zero);
      else if (COMPUTE[op] !== undefined) registers.push(this.compute(op, read(a), read(b), read(c)));
      else registers.push(this.#look(op, a));
    }
    return Array.from(section.results, read);
  }

  /** Accumulator i, as loaded from its type. */
  accumulator(i: number): Node {
    const dtype = this.scope.accumulators[i];
    const lanes = this.scope.dimensions.length > 0 ? DEPENDS.LANE | OUTER : 0;
    return this.#node(OPCODE.acc, [], i, {
      ...boundsOfType(dtype),
      float: isFloatType(dtype),
      depends: DEPENDS.ACCUMULATOR | DEPENDS.STEP | lanes,
      stride: undefined,
    });
  }

  /** Linear index of the element. */
  linear(): Node {
    const high = Math.max(0, this.scope.count.most - 1);
    if (high === 0) return this.constant(0);
    const lanes = this.scope.across !== true;
    const depends = lanes ? DEPENDS.LANE | OUTER : OUTER;
    return this.#node(OPCODE.linear, [], 0, { low: 0, high, float: false, depends, stride: lanes ? 1 : 0 });
  }

  step(): Node {
    const high = Math.max(0, this.scope.extent.most - 1);
    const lanes = this.scope.across === true;
    const depends = lanes ? DEPENDS.LANE : DEPENDS.STEP;
    return this.#node(OPCODE.step, [], 0, { low: 0, high, float: false, depends, stride: lanes ? 1 : 0 });
  }

  /** Place of a lane among `count` places that are run through in lanes, whatever dimensions they are of. */
  lane(count: number): Node {
    if (count === 1) return this.constant(0);
    const bounds = { low: 0, high: count - 1 };
    return this.#node(OPCODE.index, [], this.scope.rank, { ...bounds, float: false, depends: DEPENDS.LANE, stride: 1 });
  }

  /** A node with others in the place of some that it is computed from. `made` holds those, and all that was replaced so far. */
  replace(node: Node, made: Map<Node, Node>): Node {
    const known = made.get(node);
    if (known !== undefined) return known;
    const args = node.args.map((arg) => this.replace(arg, made));
    const load = (): Node => this.load(node.imm, args[0], args[1] ?? this.constant(0));
    const same = args.every((arg, i) => arg === node.args[i]);
    const result = same ? node : node.op === OPCODE.load ? load() : this.compute(node.op, ...args);
    made.set(node, result);
    return result;
  }

  /** A load of an operand; 0 where the operand cannot have the element. */
  load(slot: number, index: Node, call: Node): Node {
    const operand = this.scope.operands[slot];
    if (operand === undefined || operand.kind === "absent") return this.constant(0);
    if (operand.kind === "history") {
      const types = [operand.prompt, operand.decode].filter((dtype) => dtype !== undefined);
      if (types.length === 0) return this.constant(0);
      const float = types.every(isFloatType);
      const bounds = types.map(boundsOfType).reduce(join, { low: 0, high: 0 });
      const depends = index.depends | call.depends | DEPENDS.CALL;
      const stride = index.stride === 0 && call.stride === 0 ? 0 : undefined;
      return this.#node(OPCODE.load, [index, call], slot, { ...bounds, float, depends, stride });
    }
    if (operand.count.most === 0 || index.low >= operand.count.most || index.high < 0) return this.constant(0);
    const bounds = boundsOfType(operand.dtype);
    // A row that is not there yet gives 0.
    const outside = operand.kind === "row" || !this.inside(index, operand.count);
    return this.#node(OPCODE.load, [index], slot, {
      low: outside ? Math.min(0, bounds.low) : bounds.low,
      high: bounds.high,
      float: isFloatType(operand.dtype),
      // What a row holds changes while the group is computed, and what a row may read depends on where it is.
      depends: index.depends | (operand.kind === "row" && this.scope.inner > 0 ? 1 : 0),
      stride: index.stride === 0 && (operand.kind !== "row" || this.scope.inner > 0) ? 0 : undefined,
    });
  }

  /** Whether an index certainly lies within a size that does not change. */
  inside(index: Node, count: Size): boolean {
    return index.low >= 0 && count.constant !== undefined && index.high < count.constant;
  }

  compute(op: number, ...given: Node[]): Node {
    const args = given.slice(0, ARITY.get(op) ?? 3);
    const [a, b, c] = args;
    if (args.every((arg) => arg.op === CONST)) {
      const words = [a, b, c].map((arg) => arg?.value ?? 0);
      const word = COMPUTE[op]!(words[0], words[1], words[2]);
      return this.constant(word);
    }
    if (op === OPCODE.select) {
      if (a.low > 0 || a.high < 0) return b;
      if (a.low === 0 && a.high === 0) return c;
      if (b === c) return b;
    }
    const bounds = FLOATS.has(op) ? PATTERN : boundsOf(op, args);
    if (bounds.low === bounds.high) return this.constant(bounds.low);
    // Neutral operands, as index arithmetic has them.
    if (op === OPCODE.iadd && isZero(a)) return b;
    if ((op === OPCODE.iadd || op === OPCODE.isub) && isZero(b)) return a;
    if (op === OPCODE.imul && isOne(a)) return b;
    if (op === OPCODE.imul && isOne(b)) return a;
    if (op === OPCODE.and && isTruth(a) && isTruth(b)) {
      if (isOne(a)) return b;
      if (isOne(b)) return a;
    }
    if (op === OPCODE.iadd) {
      const whole = this.#recomposed(a, b) ?? this.#recomposed(b, a);
      if (whole !== undefined) return whole;
    }
    // -0 + x = x.
    if (op === OPCODE.fadd && isMinusZero(a) && b.float) return b;
    if (op === OPCODE.fadd && isMinusZero(b) && a.float) return a;
    if (op === OPCODE.truth && isTruth(a)) return a;
    if (WRAPS.has(op) && !a.float) {
      const within = boundsOfType(WRAPS.get(op)!);
      if (a.low >= within.low && a.high <= within.high) return a;
    }
    if ((op === OPCODE.urem || op === OPCODE.imod || op === OPCODE.irem) && a.low >= 0 && a.high < b.low) return a;
    const float = FLOATS.has(op) || (op === OPCODE.select && isFloatish(b) && isFloatish(c) && (b.float || c.float));
    const depends = args.reduce((bits, arg) => bits | arg.depends, 0);
    return this.#node(op, args, 0, { ...bounds, float, depends, stride: strideOf(op, args) });
  }

  /** a + b where coordinates that were split are put together again, perhaps those of a sum that b is. */
  #recomposed(a: Node, b: Node): Node | undefined {
    const whole = wholeOf(a, b);
    if (whole !== undefined) return this.compute(OPCODE.imul, whole.x, this.constant(whole.by));
    if (b.op !== OPCODE.iadd) return undefined;
    const [c, d] = b.args;
    for (const [first, rest] of [
      [c, d],
      [d, c],
    ]) {
      const sum = this.#recomposed(a, first) ?? this.#recomposed(first, a);
      if (sum !== undefined) return this.compute(OPCODE.iadd, sum, rest);
    }
    return undefined;
  }

  #look(op: number, a: number): Node {
    const { dimensions, rank, inner, symbols, calls } = this.scope;
    switch (op) {
      case OPCODE.index: {
        if (a >= rank || dimensions[a].constant === 1) return this.constant(0);
        const high = Math.max(0, dimensions[a].most - 1);
        const lane = a >= inner;
        const depends = lane ? DEPENDS.LANE : 1 << a;
        return this.#node(OPCODE.index, [], a, { low: 0, high, float: false, depends, stride: lane ? 1 : 0 });
      }
      case OPCODE.linear:
        return this.linear();
      case OPCODE.extent:
        return a < rank ? this.size(dimensions[a]) : this.constant(0);
      case OPCODE.symbol:
        return this.constant(a < 8 ? (symbols[a] ?? 0) : 0);
      case OPCODE.call:
        return this.#node(OPCODE.call, [], 0, {
          low: 0,
          high: Math.max(0, calls - 1),
          float: false,
          depends: DEPENDS.CALL,
          stride: 0,
        });
      case OPCODE.calls:
        return this.constant(calls);
      case OPCODE.seed:
        if (a >= 4) return this.constant(0);
        return this.#node(OPCODE.seed, [], a, { ...UNKNOWN, float: false, depends: DEPENDS.CALL, stride: 0 });
      default:
        return this.constant(0);
    }
  }

  /** A coordinate of the output. */
  coordinate(dimension: number): Node {
    return this.#look(OPCODE.index, dimension);
  }

  /** A size as a node. */
  size(size: Size): Node {
    if (size.constant !== undefined) return this.constant(size.constant);
    return this.#node(OPCODE.extent, [], size.slot, {
      low: 0,
      high: size.most,
      float: false,
      depends: DEPENDS.CALL,
      stride: 0,
    });
  }

  #node(op: number, args: readonly Node[], imm: number, rest: Partial<Node>): Node {
    const key = `${op} ${imm} ${args.map(({ id }) => id).join()} ${op === CONST ? rest.value : ""}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = { id: this.#count++, op, args, imm, value: 0, ...rest } as Node;
    this.#known.set(key, made);
    return made;
  }
}

const join = (a: Bounds, b: Bounds): Bounds => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) });
const isZero = (x: Node): boolean => x.low === 0 && x.high === 0;
const isOne = (x: Node): boolean => x.low === 1 && x.high === 1;
const isMinusZero = (x: Node): boolean => x.op === CONST && x.value === 0x80000000;
const isTruth = (x: Node): boolean => x.low >= 0 && x.high <= 1;
/** A float, or a constant that is one: whose pattern is no NaN but the one. */
const isFloatish = (x: Node): boolean =>
  x.float || (x.op === CONST && x.low >= 0 && x.high <= PATTERN.high && canonical(Number(x.value)) === Number(x.value));

const WRAPS = new Map<number, DType>([
  [OPCODE.wrapi8, DType.INT8],
  [OPCODE.wrapi16, DType.INT16],
  [OPCODE.wrapi32, DType.INT32],
  [OPCODE.wrapu8, DType.UINT8],
  [OPCODE.wrapu16, DType.UINT16],
  [OPCODE.wrapu32, DType.UINT32],
]);

/** Registers that an instruction reads. */
const ARITY = new Map<number, number>([
  ...(["ineg", "iabs", "not", "clz", "truth", "lnot"] as const).map((name) => [OPCODE[name], 1] as const),
  ...[...WRAPS.keys()].map((op) => [op, 1] as const),
  ...(["fsqrt", "fneg", "fabs", "ffloor", "fceil", "ftrunc", "frint", "fcanon"] as const).map(
    (name) => [OPCODE[name], 1] as const,
  ),
  ...Object.values(OPCODE)
    .filter((op) => op >= OPCODE.ftoi8 && op <= OPCODE.ftob)
    .map((op) => [op, 1] as const),
  [OPCODE.select, 3],
  [OPCODE.ffma, 3],
  ...(
    ["iadd", "isub", "imul", "umulh", "idiv", "udiv", "ifloordiv", "irem", "urem", "imod", "imin", "imax"] as const
  ).map((name) => [OPCODE[name], 2] as const),
  ...(["umin", "umax", "and", "or", "xor", "shl", "ushr", "ishr", "pair"] as const).map(
    (name) => [OPCODE[name], 2] as const,
  ),
  ...(["ieq", "ine", "ilt", "ile", "ult", "ule"] as const).map((name) => [OPCODE[name], 2] as const),
  ...(["fadd", "fsub", "fmul", "fdiv", "fmin", "fmax", "feq", "flt", "fle"] as const).map(
    (name) => [OPCODE[name], 2] as const,
  ),
]);

/** A factor and what it is multiplied by, a constant. */
function scaled(node: Node): { readonly factor: Node; readonly by: number } {
  const constant = node.op === OPCODE.imul ? node.args.find(({ op }) => op === CONST) : undefined;
  if (constant === undefined) return { factor: node, by: 1 };
  return { factor: node.args.find((arg) => arg !== constant) ?? constant, by: Number(constant.value) };
}

/** x and m, where `a` is x ÷ c · c m and `b` the remainder of x by c, times m: their sum is x m. */
function wholeOf(a: Node, b: Node): { readonly x: Node; readonly by: number } | undefined {
  const [quotient, remainder] = [scaled(a), scaled(b)];
  if (quotient.factor.op !== OPCODE.udiv || remainder.factor.op !== OPCODE.urem) return undefined;
  const [x, divisor] = remainder.factor.args;
  if (quotient.factor.args[0] !== x || quotient.factor.args[1] !== divisor) return undefined;
  const fits = x.low >= 0 && Number.isFinite(x.high) && divisor.op === CONST && divisor.low > 0;
  return fits && quotient.by === remainder.by * divisor.low ? { x, by: remainder.by } : undefined;
}

/** Whether a number of bounds is exact for every lane, so that strides mean something: no wrap-around. */
const isSafe = (x: Node): boolean => Number.isFinite(x.low) && Number.isFinite(x.high);

function strideOf(op: number, args: readonly Node[]): number | undefined {
  if (args.every(({ stride }) => stride === 0)) return 0;
  const [a, b] = args;
  if (!args.every((arg) => arg.stride !== undefined)) return undefined;
  switch (op) {
    case OPCODE.iadd:
      return a.stride! + b.stride!;
    case OPCODE.isub:
      return a.stride! - b.stride!;
    case OPCODE.imul:
      if (a.op === CONST && isSafe(a)) return Number(a.value) * b.stride!;
      return b.op === CONST && isSafe(b) ? Number(b.value) * a.stride! : undefined;
    case OPCODE.shl:
      return b.op === CONST && b.low >= 0 && b.high < 31 ? a.stride! * 2 ** b.low : undefined;
    default:
      return undefined;
  }
}
