/**
 * The scalar machine, the twin of `contracts/vm/ScalarMachine.sol`: it runs a section of scalar code, which is one element
 * of a tensor or one step of a reduction. See docs/scalar-machine.md.
 *
 * Registers are words (`word.ts`): signed 64-bit integers, a number where that is exact. This is the reference, one line
 * per instruction; it never throws, whatever the code.
 */
import * as float32 from "./float32.ts";
import { OPCODE, type Mnemonic } from "./opcodes.ts";
import { high32, low32, unsignedOf, wordFrom, wordFromHalves, type Word } from "./word.ts";

/** Scalar code: result registers, then four bytes per instruction. */
export interface Section {
  readonly results: ArrayLike<number>;
  readonly code: Uint8Array;
}

/** What a section can see of the world. All counts are below 2^48. */
export interface ScalarContext {
  /** Coordinates of the output element, one per dimension. */
  readonly coordinates: ArrayLike<number>;
  /** Linear index of the output element. */
  readonly linear: number;
  /** Sizes of the output dimensions. */
  readonly extents: ArrayLike<number>;
  /** The request's symbols, up to eight; absent ones are 0. */
  readonly symbols: ArrayLike<number>;
  /** Number of the call being computed. */
  readonly call: number;
  /** Number of calls of the request. */
  readonly calls: number;
  /** The request's seed, 256 bits. */
  readonly seed: bigint;
  /** Reduction index; 0 outside `step`. */
  readonly step: number;
  /** Accumulators as loaded from their dtypes; none in `value` and `init`. */
  readonly accumulators: ArrayLike<Word>;
  /**
   * Element `element` of operand `operand`, as the word its dtype loads as; 0 if it does not exist. `element` is signed;
   * `call` is unsigned, so a negative word stands for a call far beyond any.
   */
  load(operand: number, element: Word, call: Word): Word;
}

/** How many `load` instructions of a section take effect; later ones give 0. */
export const MAX_LOADS = 8;

/**
 * The section's results for one element and step.
 * @param constants The record's constants, 32 bits each.
 */
export function run(constants: ArrayLike<number>, section: Section, context: ScalarContext): Word[] {
  const registers = execute(constants, section, context);
  return Array.from(section.results, (register) => registers[register] ?? 0);
}

/** All registers after the last instruction: constants, then one word per instruction. For explaining a step. */
export function execute(constants: ArrayLike<number>, section: Section, context: ScalarContext): Word[] {
  const { code } = section;
  const instructions = Math.floor(code.length / 4);
  const registers = new Array<Word>(constants.length + instructions).fill(0);
  for (let i = 0; i < constants.length; i++) registers[i] = constants[i] >>> 0;
  let loads = 0;
  for (let i = 0, at = 0; i < instructions; i++, at += 4) {
    const a = code[at + 1];
    const b = code[at + 2];
    const c = code[at + 3];
    const compute = COMPUTE[code[at]];
    let result: Word = 0;
    if (compute !== undefined) {
      result = compute(registers[a] ?? 0, registers[b] ?? 0, registers[c] ?? 0);
    } else if (code[at] === OPCODE.load) {
      if (loads++ < MAX_LOADS) result = context.load(a, registers[b] ?? 0, registers[c] ?? 0);
    } else {
      result = look(code[at], a, context);
    }
    registers[constants.length + i] = result;
  }
  return registers;
}

/** The instructions that look something up, `load` excepted; 0 for an unknown opcode. */
function look(opcode: number, a: number, context: ScalarContext): Word {
  switch (opcode) {
    case OPCODE.index:
      return context.coordinates[a] ?? 0;
    case OPCODE.linear:
      return context.linear;
    case OPCODE.extent:
      return context.extents[a] ?? 0;
    case OPCODE.symbol:
      return a < 8 ? (context.symbols[a] ?? 0) : 0;
    case OPCODE.call:
      return context.call;
    case OPCODE.calls:
      return context.calls;
    case OPCODE.seed:
      return a < 4 ? wordFrom(context.seed >> BigInt(64 * a)) : 0;
    case OPCODE.step:
      return context.step;
    case OPCODE.acc:
      return context.accumulators[a] ?? 0;
    default:
      return 0;
  }
}

type Context = "index" | "linear" | "extent" | "symbol" | "call" | "calls" | "seed" | "step" | "acc" | "load";
type Compute = (a: Word, b: Word, c: Word) => Word;

const flag = (condition: boolean): Word => (condition ? 1 : 0);
/** Both are below 2^53 read as unsigned, so that numbers compare and divide as unsigned words. */
const bothSmall = (a: Word, b: Word): boolean => typeof a === "number" && typeof b === "number" && a >= 0 && b >= 0;

// A sum, difference or product of numbers that comes out safe was not rounded; adding 0 turns -0 into 0.

function add(a: Word, b: Word): Word {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wordFrom(BigInt(a) + BigInt(b));
}

function subtract(a: Word, b: Word): Word {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wordFrom(BigInt(a) - BigInt(b));
}

function multiply(a: Word, b: Word): Word {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return wordFrom(BigInt(a) * BigInt(b));
}

/** Truncated quotient of two integers of one type; a number's a - a % b is an exact multiple of b. */
function quotient(a: Word, b: Word): Word {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? 0 : (a - (a % b)) / b + 0;
  return BigInt(b) === 0n ? 0 : wordFrom(BigInt(a) / BigInt(b));
}

function remainder(a: Word, b: Word): Word {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? 0 : (a % b) + 0;
  return BigInt(b) === 0n ? 0 : wordFrom(BigInt(a) % BigInt(b));
}

function unsignedQuotient(a: Word, b: Word): Word {
  return bothSmall(a, b) ? quotient(a, b) : quotient(unsignedOf(a), unsignedOf(b));
}

function unsignedRemainder(a: Word, b: Word): Word {
  return bothSmall(a, b) ? remainder(a, b) : remainder(unsignedOf(a), unsignedOf(b));
}

/** True where truncated and floored division differ. */
function roundsUp(a: Word, b: Word): boolean {
  return b !== 0 && remainder(a, b) !== 0 && a < 0 !== b < 0;
}

function below(a: Word, b: Word): boolean {
  return bothSmall(a, b) ? a < b : unsignedOf(a) < unsignedOf(b);
}

function shiftLeft(a: Word, b: Word): Word {
  if (b < 0 || b > 63) return 0;
  return multiply(a, typeof a === "number" && b < 53 ? 2 ** Number(b) : 1n << BigInt(b));
}

function shiftRight(a: Word, b: Word): Word {
  const places = b < 0 || b > 63 ? 63 : Number(b);
  return typeof a === "number" ? Math.floor(a / 2 ** places) : wordFrom(a >> BigInt(places));
}

function shiftRightUnsigned(a: Word, b: Word): Word {
  if (b < 0 || b > 63) return 0;
  return a >= 0 ? shiftRight(a, b) : wordFrom(unsignedOf(a) >> BigInt(b));
}

function leadingZeros(a: Word): Word {
  if (a < 0) return 0;
  const high = high32(a);
  return high === 0 ? 32 + Math.clz32(low32(a)) : Math.clz32(high);
}

/** Truncated and saturated to a range of numbers; NaN gives 0. */
function saturate(pattern: Word, least: number, greatest: number): Word {
  const x = Math.trunc(float32.toNumber(low32(pattern)));
  if (x !== x) return 0;
  return Math.min(Math.max(x, least), greatest) + 0;
}

function integerToFloat(a: Word): Word {
  return typeof a === "number" ? float32.fromNumber(a) : float32.fromInt64(a);
}

/** The computing instructions, by name; the type makes sure that none is missing. */
const MEANING: Record<Exclude<Mnemonic, Context>, Compute> = {
  iadd: add,
  isub: subtract,
  imul: multiply,
  umulh: (a, b) =>
    bothSmall(a, b) && Number.isSafeInteger(Number(a) * Number(b))
      ? 0
      : wordFrom((unsignedOf(a) * unsignedOf(b)) >> 64n),
  idiv: quotient,
  udiv: unsignedQuotient,
  ifloordiv: (a, b) => subtract(quotient(a, b), roundsUp(a, b) ? 1 : 0),
  irem: remainder,
  urem: unsignedRemainder,
  imod: (a, b) => add(remainder(a, b), roundsUp(a, b) ? b : 0),
  imin: (a, b) => (a < b ? a : b),
  imax: (a, b) => (a < b ? b : a),
  umin: (a, b) => (below(a, b) ? a : b),
  umax: (a, b) => (below(a, b) ? b : a),
  ineg: (a) => subtract(0, a),
  iabs: (a) => (a < 0 ? subtract(0, a) : a),
  and: (a, b) => wordFromHalves(high32(a) & high32(b), low32(a) & low32(b)),
  or: (a, b) => wordFromHalves(high32(a) | high32(b), low32(a) | low32(b)),
  xor: (a, b) => wordFromHalves(high32(a) ^ high32(b), low32(a) ^ low32(b)),
  not: (a) => subtract(-1, a),
  shl: shiftLeft,
  ushr: shiftRightUnsigned,
  ishr: shiftRight,
  clz: leadingZeros,
  ieq: (a, b) => flag(a === b),
  ine: (a, b) => flag(a !== b),
  ilt: (a, b) => flag(a < b),
  ile: (a, b) => flag(a <= b),
  ult: (a, b) => flag(below(a, b)),
  ule: (a, b) => flag(!below(b, a)),
  wrapi8: (a) => (low32(a) << 24) >> 24,
  wrapi16: (a) => (low32(a) << 16) >> 16,
  wrapi32: (a) => low32(a) | 0,
  wrapu8: (a) => low32(a) & 0xff,
  wrapu16: (a) => low32(a) & 0xffff,
  wrapu32: low32,
  pair: (a, b) => wordFromHalves(low32(a), low32(b)),
  truth: (a) => flag(a !== 0),
  lnot: (a) => flag(a === 0),
  select: (a, b, c) => (a !== 0 ? b : c),

  fadd: (a, b) => float32.add(low32(a), low32(b)),
  fsub: (a, b) => float32.sub(low32(a), low32(b)),
  fmul: (a, b) => float32.mul(low32(a), low32(b)),
  fdiv: (a, b) => float32.div(low32(a), low32(b)),
  ffma: (a, b, c) => float32.fma(low32(a), low32(b), low32(c)),
  fsqrt: (a) => float32.sqrt(low32(a)),
  fmin: (a, b) => float32.minimum(low32(a), low32(b)),
  fmax: (a, b) => float32.maximum(low32(a), low32(b)),
  fneg: (a) => float32.neg(low32(a)),
  fabs: (a) => float32.abs(low32(a)),
  ffloor: (a) => float32.floor(low32(a)),
  fceil: (a) => float32.ceil(low32(a)),
  ftrunc: (a) => float32.trunc(low32(a)),
  frint: (a) => float32.roundEven(low32(a)),
  feq: (a, b) => flag(float32.eq(low32(a), low32(b))),
  flt: (a, b) => flag(float32.lt(low32(a), low32(b))),
  fle: (a, b) => flag(float32.le(low32(a), low32(b))),
  fcanon: (a) => float32.canonical(low32(a)),

  ftoi8: (a) => saturate(a, -(2 ** 7), 2 ** 7 - 1),
  ftoi16: (a) => saturate(a, -(2 ** 15), 2 ** 15 - 1),
  ftoi32: (a) => saturate(a, -(2 ** 31), 2 ** 31 - 1),
  ftoi64: (a) => wordFrom(float32.toInt(low32(a), 64)),
  ftou8: (a) => saturate(a, 0, 2 ** 8 - 1),
  ftou16: (a) => saturate(a, 0, 2 ** 16 - 1),
  ftou32: (a) => saturate(a, 0, 2 ** 32 - 1),
  ftou64: (a) => wordFrom(float32.toUint(low32(a), 64)),
  itof: integerToFloat,
  utof: (a) => (a >= 0 ? integerToFloat(a) : float32.fromUint64(unsignedOf(a))),
  htof: (a) => float32.fromHalf(low32(a)),
  ftoh: (a) => float32.toHalf(low32(a)),
  btof: (a) => float32.fromBfloat16(low32(a)),
  ftob: (a) => float32.toBfloat16(low32(a)),
};

/** What each opcode computes from its operands; undefined for those that look something up, and for unknown ones. */
export const COMPUTE: (Compute | undefined)[] = new Array<Compute | undefined>(256).fill(undefined);
for (const [name, compute] of Object.entries(MEANING)) COMPUTE[OPCODE[name as Mnemonic]] = compute;
