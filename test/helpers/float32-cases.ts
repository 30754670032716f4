/**
 * Operands to try Float32 on, the same on every machine: all combinations of special values, then seeded random tuples,
 * packed big-endian as `Float32Harness.sol` reads them.
 *
 * A quarter of the random tuples are uniform bit patterns. The others come from neighbourhoods where implementations
 * go wrong, drawn per operation: cancellation, ties, results that are subnormal, results near the greatest value, and
 * operands close to where a conversion changes its behaviour.
 */
import { float32 } from "../../packages/vm/src/index.ts";
import type { Operation } from "./float32-operations.ts";

/** Binary32 patterns where something changes: 46 of them. */
// prettier-ignore
export const SPECIALS: readonly number[] = [
  // Zeros, infinities, quiet and signalling NaNs of both signs.
  0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff,
  // Least and greatest subnormal, least normal, greatest finite, with neighbours.
  0x00000001, 0x80000001, 0x00000002, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff,
  0xff7fffff, 0x7f7ffffe, 0x7f000000, 0x00400000,
  // Around one; two; three; a third; halves.
  0x3f800000, 0xbf800000, 0x3f800001, 0xbf800001, 0x3f7fffff, 0xbf7fffff, 0x40000000, 0x40400000, 0x3eaaaaab,
  0x3f000000, 0xbf000000, 0x3effffff, 0x3f000001, 0x3fc00000,
  // Half a unit in the last place of one, from both sides; its double.
  0x33800000, 0xb3800000, 0x337fffff, 0x34000000,
  // Where the fraction ends: 2^22 + 1/2, 2^23 - 1/2, 2^23 + 1, 2^24.
  0x4a800001, 0x4affffff, 0x4b000001, 0x4b800000,
  // Around the square roots of the least normal and of 2^128.
  0x1fffffff, 0x20000000, 0x5f800000,
];

/** Further patterns for the conversions, which have one operand: limits of integers and of binary16. */
// prettier-ignore
const LIMITS: readonly number[] = [
  0x42fe0000, 0x43000000, 0xc3000000, 0xc3010000, 0x437f0000, 0x43800000, 0x46fffe00, 0x47000000, 0xc7000000,
  0xc7000100, 0x477fff00, 0x47800000, 0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x4f7fffff, 0x4f800000,
  0x5effffff, 0x5f000000, 0xdf000000, 0xdf000001, 0x5f7fffff, 0x477fe000, 0x477fefff, 0x477ff000, 0x387fffff,
  0x38800000, 0x387fe000, 0x387ff000, 0x33000000, 0x33000001, 0x33c00000, 0x33400000, 0x7f7f8000, 0x7f7f7fff,
  0x00008000, 0x00018000, 0x00010000,
];

/** Words for the conversions from 64-bit integers: around powers of two and around what rounds differently. */
const INTEGERS: readonly bigint[] = [0n, 3n, 5n, 0xaaaaaaaaaaaaaaaan, 0x5555555555555555n].concat(
  [1, 7, 8, 15, 16, 23, 24, 25, 26, 31, 32, 39, 40, 47, 48, 52, 53, 54, 61, 62, 63].flatMap((power) => {
    const x = 1n << BigInt(power);
    const half = x >> 24n;
    return [x - 1n, x, x + 1n, x + half - 1n, x + half, x + half + 1n, x + 3n * half, -x, -x - half, 1n - x];
  }),
);

const SIGN = 0x80000000;
const INFINITY = 0x7f800000;

/** Seeded numbers, 32 bits at a time (splitmix32). */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  word(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  below(limit: number): number {
    return this.word() % limit;
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}

/** A pattern with the exponent field given (limited to finite values) and few significant bits as often as many. */
function value(random: Random, field: number): number {
  const fraction = random.word() & (random.below(2) ? 0x7fffff : (0x7fffff << random.below(24)) & 0x7fffff);
  const exponent = Math.max(0, Math.min(254, field));
  return ((random.word() & SIGN) | (exponent << 23) | fraction) >>> 0;
}

/** A pattern up to `reach` steps from `a`, its sign kept. */
function near(random: Random, a: number, reach: number): number {
  const magnitude = (a & 0x7fffffff) + random.between(-reach, reach);
  return ((a & SIGN) | Math.max(0, Math.min(INFINITY, magnitude))) >>> 0;
}

type Tuple = (random: Random) => number[];

const uniform =
  (arity: number): Tuple =>
  (random) =>
    Array.from({ length: arity }, () => random.word());

const special =
  (arity: number): Tuple =>
  (random) =>
    Array.from({ length: arity }, () => near(random, random.pick(SPECIALS), random.below(3)));

/** Two terms of exponents close enough to meet: cancellation and ties. */
const meeting: Tuple = (random) => {
  const field = random.between(0, 254);
  const a = value(random, field);
  if (random.below(3) === 0) return [a, (near(random, a, 40) ^ (random.word() & SIGN)) >>> 0];
  const pair = [a, value(random, field - random.between(0, 27))];
  return random.below(2) ? pair : pair.reverse();
};

/** Two factors whose product (or quotient) has about the exponent field given. */
const factors = (random: Random, field: number, quotient: boolean): number[] => {
  const first = random.between(quotient ? Math.max(1, field - 126) : 1, 254);
  return [value(random, first), value(random, quotient ? first + 127 - field : field + 127 - first)];
};

const subnormalResult =
  (quotient: boolean): Tuple =>
  (random) =>
    factors(random, random.between(-26, 2), quotient);

const overflowEdge =
  (quotient: boolean): Tuple =>
  (random) =>
    factors(random, random.between(252, 256), quotient);

const ordinary =
  (arity: number): Tuple =>
  (random) =>
    Array.from({ length: arity }, () => value(random, random.between(110, 140)));

/** a × b + c with c close to -(a × b), or to a place halfway between values around it. */
const fused: Tuple = (random) => {
  const field = random.pick([random.between(-30, 3), random.between(3, 250), random.between(250, 257)]);
  const [a, b] = factors(random, field, false);
  const product = float32.mul(a, b);
  switch (random.below(4)) {
    case 0:
      return [a, b, (near(random, product, 3) ^ (random.below(4) ? SIGN : 0)) >>> 0];
    case 1:
      return [a, b, value(random, ((product >>> 23) & 0xff) + random.between(-50, 26))];
    case 2:
      // A product of few bits at about half the last place of the addend.
      return [a, b, value(random, ((product >>> 23) & 0xff) + random.between(22, 26))];
    default:
      // An addend far below, which only breaks ties.
      return [a, b, value(random, ((product >>> 23) & 0xff) - random.between(23, 250))];
  }
};

/** One operand around where conversions and roundings to integers change. */
const conversion: Tuple = (random) => {
  switch (random.below(3)) {
    case 0:
      return [near(random, random.pick(LIMITS), 5)];
    case 1:
      return [value(random, random.between(100, 192))];
    default:
      return [value(random, random.pick([random.between(126, 151), random.between(0, 12), random.between(100, 114)]))];
  }
};

function neighbourhoods({ name, arity }: Operation): Tuple[] {
  if (arity === 3) return [special(3), ordinary(3), fused, fused, fused];
  if (arity === 1) return [special(1), conversion, conversion];
  if (name === "mul") return [special(2), ordinary(2), subnormalResult(false), overflowEdge(false)];
  if (name === "div") return [special(2), ordinary(2), subnormalResult(true), overflowEdge(true)];
  return [special(2), meeting, meeting];
}

/** A 64-bit word of any length, as often as not beside a power of two or beside a tie. */
function integer(random: Random): bigint {
  const word = (BigInt(random.word()) << 32n) | BigInt(random.word());
  const length = BigInt(random.between(1, 64));
  let x = BigInt.asUintN(Number(length), word) | (1n << (length - 1n));
  if (length > 25n && random.below(2)) {
    const step = 1n << (length - 25n);
    x = (x / step) * step + BigInt(random.between(-2, 2));
  }
  return BigInt.asUintN(64, random.below(2) ? x : -x);
}

/** All combinations of special operands. */
function combinations({ name, arity, operandBytes }: Operation): (number | bigint)[][] {
  if (operandBytes === 8) return INTEGERS.map((x) => [BigInt.asUintN(64, x)]);
  if (arity === 3) return SPECIALS.flatMap((a) => SPECIALS.flatMap((b) => SPECIALS.map((c) => [a, b, c])));
  if (arity === 2) return SPECIALS.flatMap((a) => SPECIALS.map((b) => [a, b]));
  // Every narrow pattern, under high bits that must not matter.
  if (name === "fromHalf" || name === "fromBfloat16") {
    return Array.from({ length: 2 ** 16 }, (_, i) => [((Math.imul(i, 0x9e37) << 16) | i) >>> 0]);
  }
  return [...SPECIALS, ...LIMITS].map((a) => [a]);
}

/** The special combinations of an operation's operands, then `count` random tuples. */
export function cases(operation: Operation, count: number): Uint8Array {
  const { name, arity, operandBytes } = operation;
  const fixed = combinations(operation);
  const bytes = new Uint8Array((fixed.length + count) * arity * operandBytes);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  const put = (operand: number | bigint): void => {
    if (typeof operand === "bigint") view.setBigUint64(offset, operand);
    else view.setUint32(offset, operand);
    offset += operandBytes;
  };
  for (const tuple of fixed) tuple.forEach(put);
  const random = new Random([...name].reduce((seed, letter) => Math.imul(seed, 31) + letter.charCodeAt(0), 7));
  const choices = neighbourhoods(operation);
  for (let i = 0; i < count; ++i) {
    if (operandBytes === 8) put(integer(random));
    else if (random.below(4) === 0) uniform(arity)(random).forEach(put);
    else random.pick(choices)(random).forEach(put);
  }
  return bytes;
}

/** Number of special combinations that `cases` begins with. */
export function specialCount(operation: Operation): number {
  return combinations(operation).length;
}
