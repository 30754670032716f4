/**
 * IEEE-754 binary32 arithmetic, the twin of `contracts/vm/Float32.sol`: every function gives the same bits there.
 *
 * A value is its bit pattern, an unsigned number from 0 to 2^32 - 1; only the low 32 bits of an argument count. Rounding
 * is to nearest, ties to even; subnormals are kept; every NaN result is the one NaN, 0x7fc00000 (0x7e00 as binary16,
 * 0x7fc0 as bfloat16). The functions never throw.
 *
 * Values pass through binary64 on the way. For add, sub, mul, div and sqrt rounding first to 53 bits and then to 24 is
 * harmless, because 53 ≥ 2·24 + 2 (S. A. Figueroa, "When is double rounding innocuous?", 1995); it is harmful for fma
 * and for 64-bit integers, which therefore round to odd first. NaN payloads never pass through a typed array: a NaN is
 * recognised as a number and replaced.
 */

/** The one NaN. */
export const NAN = 0x7fc00000;
/** The one NaN of binary16. */
export const HALF_NAN = 0x7e00;
/** The one NaN of bfloat16. */
export const BFLOAT16_NAN = 0x7fc0;

/** Widths of the integers that `toInt` and `toUint` convert to. */
export type IntegerBits = 8 | 16 | 32 | 64;

const SIGN = 0x80000000;
const MAGNITUDE = 0x7fffffff;
const INFINITY = 0x7f800000;
/** Adding and subtracting 2^52 rounds a binary64 below 2^52 to an integer, ties to even. */
const ROUNDER = 2 ** 52;

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);
const double = new Float64Array([1]);
const doubleBits = new Uint32Array(double.buffer);
/** Places of the halves of a binary64: 1.0 is 0x3ff00000_00000000. */
const HIGH = doubleBits[1] === 0 ? 0 : 1;
const LOW = 1 - HIGH;

/** The number a pattern stands for; NaN for every NaN. */
export function toNumber(a: number): number {
  singleBits[0] = a;
  return single[0];
}

/** The pattern of a number rounded to binary32 (`Math.fround`). */
export function fromNumber(x: number): number {
  if (x !== x) return NAN;
  single[0] = x;
  return singleBits[0];
}

/** `a` itself, a NaN made canonical. */
export function canonical(a: number): number {
  return isNaN(a) ? NAN : a >>> 0;
}

/** a + b. */
export function add(a: number, b: number): number {
  return fromNumber(toNumber(a) + toNumber(b));
}

/** a - b. */
export function sub(a: number, b: number): number {
  return fromNumber(toNumber(a) - toNumber(b));
}

/** a × b. */
export function mul(a: number, b: number): number {
  return fromNumber(toNumber(a) * toNumber(b));
}

/** a ÷ b. */
export function div(a: number, b: number): number {
  return fromNumber(toNumber(a) / toNumber(b));
}

/** a × b + c, rounded once. */
export function fma(a: number, b: number, c: number): number {
  // The product of two 24-bit significands has 48 bits and an exponent far inside binary64's: exact, as is its zero.
  const product = toNumber(a) * toNumber(b);
  const addend = toNumber(c);
  const sum = product + addend;
  // Knuth's two-sum: sum + error is the exact result. Infinities and NaNs make the error NaN.
  const part = sum - product;
  const error = product - (sum - part) + (addend - part);
  return fromNumber(error < 0 || error > 0 ? roundToOdd(sum, error) : sum);
}

/** Square root of a; NaN below -0. */
export function sqrt(a: number): number {
  return fromNumber(Math.sqrt(toNumber(a)));
}

/** IEEE-754-2019 minimum: NaN wins, -0 < +0. */
export function minimum(a: number, b: number): number {
  if (isNaN(a) || isNaN(b)) return NAN;
  return order(a) < order(b) ? a >>> 0 : b >>> 0;
}

/** IEEE-754-2019 maximum: NaN wins, -0 < +0. */
export function maximum(a: number, b: number): number {
  if (isNaN(a) || isNaN(b)) return NAN;
  return order(a) < order(b) ? b >>> 0 : a >>> 0;
}

/** `a` with its sign inverted; NaN stays NaN. */
export function neg(a: number): number {
  return isNaN(a) ? NAN : (a ^ SIGN) >>> 0;
}

/** `a` with its sign cleared; NaN stays NaN. */
export function abs(a: number): number {
  return isNaN(a) ? NAN : a & MAGNITUDE;
}

/** `a` rounded to an integer, downward; the sign of zero is kept. */
export function floor(a: number): number {
  return fromNumber(Math.floor(toNumber(a)));
}

/** `a` rounded to an integer, upward; the sign of zero is kept, and what rounds up to zero gives -0. */
export function ceil(a: number): number {
  return fromNumber(Math.ceil(toNumber(a)));
}

/** `a` rounded to an integer toward zero; the sign of `a` is kept. */
export function trunc(a: number): number {
  return fromNumber(Math.trunc(toNumber(a)));
}

/** `a` rounded to the nearest integer, ties to even; the sign of `a` is kept. */
export function roundEven(a: number): number {
  const magnitude = toNumber(a & MAGNITUDE);
  // From 2^23 on every value is an integer already.
  if (!(magnitude < 2 ** 23)) return canonical(a);
  return (fromNumber(magnitude + ROUNDER - ROUNDER) | (a & SIGN)) >>> 0;
}

/** a = b: false with a NaN, true for the two zeros. */
export function eq(a: number, b: number): boolean {
  return toNumber(a) === toNumber(b);
}

/** a < b: false with a NaN. */
export function lt(a: number, b: number): boolean {
  return toNumber(a) < toNumber(b);
}

/** a ≤ b: false with a NaN. */
export function le(a: number, b: number): boolean {
  return toNumber(a) <= toNumber(b);
}

/** The low 64 bits of `x` as a signed integer, rounded to binary32. */
export function fromInt64(x: bigint): number {
  const signed = BigInt.asIntN(64, x);
  return signed < 0n ? (fromMagnitude(-signed) | SIGN) >>> 0 : fromMagnitude(signed);
}

/** The low 64 bits of `x` as an unsigned integer, rounded to binary32. */
export function fromUint64(x: bigint): number {
  return fromMagnitude(BigInt.asUintN(64, x));
}

/** `a` truncated and saturated to a signed integer of `bits` bits; NaN gives 0. */
export function toInt(a: number, bits: IntegerBits): bigint {
  const limit = 2 ** (bits - 1);
  const x = Math.trunc(toNumber(a));
  if (x !== x) return 0n;
  if (x >= limit) return BigInt(limit) - 1n;
  return BigInt(Math.max(x, -limit));
}

/** `a` truncated and saturated to an unsigned integer of `bits` bits; NaN gives 0. */
export function toUint(a: number, bits: IntegerBits): bigint {
  const limit = 2 ** bits;
  const x = Math.trunc(toNumber(a));
  if (x !== x) return 0n;
  if (x >= limit) return BigInt(limit) - 1n;
  return BigInt(Math.max(x, 0));
}

/** The low 16 bits of `h`, a binary16, widened to binary32. */
export function fromHalf(h: number): number {
  const sign = (h & 0x8000) << 16;
  const magnitude = h & 0x7fff;
  if (magnitude > 0x7c00) return NAN;
  if (magnitude === 0x7c00) return (sign | INFINITY) >>> 0;
  // Exponent biases are 15 and 127. Below the least normal, 0x400, a pattern counts units of 2^-24.
  const wide = magnitude < 0x400 ? fromNumber(magnitude * 2 ** -24) : (magnitude << 13) + (112 << 23);
  return (sign | wide) >>> 0;
}

/** `a` rounded to binary16. */
export function toHalf(a: number): number {
  const sign = (a & SIGN) >>> 16;
  const magnitude = a & MAGNITUDE;
  if (magnitude > INFINITY) return HALF_NAN;
  // 65520, halfway between the greatest binary16 and 2^16, rounds to infinity, and so does all above.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the result counts units of 2^-24; a carry into the least normal is already its pattern.
  if (magnitude < 0x38800000) return sign | (toNumber(magnitude) * 2 ** 24 + ROUNDER - ROUNDER);
  return sign | ((magnitude + 0xfff + ((magnitude >> 13) & 1) - (112 << 23)) >> 13);
}

/** The low 16 bits of `b`, a bfloat16, widened to binary32. */
export function fromBfloat16(b: number): number {
  return canonical(b << 16);
}

/** `a` rounded to bfloat16. */
export function toBfloat16(a: number): number {
  if (isNaN(a)) return BFLOAT16_NAN;
  const bits = a >>> 0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function isNaN(a: number): boolean {
  return (a & MAGNITUDE) > INFINITY;
}

/** A number that orders patterns like their values, -0 below +0; not for NaNs. */
function order(a: number): number {
  return a & SIGN ? ~(a & MAGNITUDE) : a & MAGNITUDE;
}

/**
 * The exact sum + error rounded to odd: the next binary64 toward zero, its last bit set because the sum is inexact. What
 * is then rounded to 24 bits, or fewer in the subnormal range, is rounded as the exact sum would be.
 */
function roundToOdd(sum: number, error: number): number {
  double[0] = sum;
  const low = doubleBits[LOW];
  if (low & 1) return sum;
  if (sum > 0 === error > 0) {
    doubleBits[LOW] = low + 1;
  } else {
    doubleBits[LOW] = low - 1;
    if (low === 0) doubleBits[HIGH] = doubleBits[HIGH] - 1;
  }
  return double[0];
}

/** An integer below 2^64 rounded to binary32. */
function fromMagnitude(x: bigint): number {
  if (x < 2n ** 53n) return fromNumber(Number(x));
  // Rounded to odd at 53 bits, then once to 24.
  const sticky = (x & 0x7ffn) === 0n ? 0n : 1n;
  return fromNumber(Number((x >> 11n) | sticky) * 2 ** 11);
}
