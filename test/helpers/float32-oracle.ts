/**
 * Float32 by exact rational arithmetic in integers of any size: an authority that shares neither code nor method with
 * the implementations. Slow, plain, and meant to be read against the standard.
 *
 * A finite value is ± numerator / denominator. Results are rounded once, by `round`, which looks for the two
 * neighbouring values of the format and compares distances.
 */

interface Format {
  /** Bits of the significand, the leading one included. */
  readonly precision: bigint;
  /** The last place of the least values stands for 2^-tiny. */
  readonly tiny: bigint;
  /** Exponent field of infinities and NaNs. */
  readonly top: bigint;
  readonly nan: bigint;
  readonly sign: bigint;
}

const BINARY32: Format = { precision: 24n, tiny: 149n, top: 255n, nan: 0x7fc00000n, sign: 1n << 31n };
const BINARY16: Format = { precision: 11n, tiny: 24n, top: 31n, nan: 0x7e00n, sign: 1n << 15n };
const BFLOAT16: Format = { precision: 8n, tiny: 133n, top: 255n, nan: 0x7fc0n, sign: 1n << 15n };

type Value =
  | { readonly kind: "nan" }
  | { readonly kind: "infinite"; readonly negative: boolean }
  | { readonly kind: "finite"; readonly negative: boolean; readonly n: bigint; readonly d: bigint };

const NAN: Value = { kind: "nan" };
const infinite = (negative: boolean): Value => ({ kind: "infinite", negative });
const finite = (negative: boolean, n: bigint, d: bigint): Value => ({ kind: "finite", negative, n, d });

function read(bits: bigint, format: Format = BINARY32): Value {
  const { precision, tiny, top, sign } = format;
  const negative = (bits & sign) !== 0n;
  const magnitude = bits & (sign - 1n);
  const field = magnitude >> (precision - 1n);
  const fraction = magnitude & ((1n << (precision - 1n)) - 1n);
  if (field === top) return fraction === 0n ? infinite(negative) : NAN;
  if (field === 0n) return finite(negative, fraction, 1n << tiny);
  return finite(negative, (fraction + (1n << (precision - 1n))) << (field - 1n), 1n << tiny);
}

/** The pattern of a value rounded to nearest, ties to even. */
function write(value: Value, format: Format = BINARY32): bigint {
  const { precision, tiny, top, nan, sign } = format;
  if (value.kind === "nan") return nan;
  const minus = value.negative ? sign : 0n;
  const infinity = top << (precision - 1n);
  if (value.kind === "infinite") return minus | infinity;
  // Patterns of one sign grow with their values: the units of 2^-tiny, coarser by a factor of 2 in every binade.
  const n = value.n << tiny;
  let field = 0n;
  const whole = n / value.d;
  const length = BigInt(whole.toString(2).length);
  if (length > precision) field = length - precision;
  const unit = value.d << field;
  let count = n / unit;
  const twiceRest = 2n * (n % unit);
  if (twiceRest > unit || (twiceRest === unit && count % 2n === 1n)) count += 1n;
  const pattern = (field << (precision - 1n)) + count;
  return minus | (pattern > infinity ? infinity : pattern);
}

function plus(a: Value, b: Value): Value {
  if (a.kind === "nan" || b.kind === "nan") return NAN;
  if (a.kind === "infinite") return b.kind === "infinite" && a.negative !== b.negative ? NAN : a;
  if (b.kind === "infinite") return b;
  const n = (a.negative ? -a.n : a.n) * b.d + (b.negative ? -b.n : b.n) * a.d;
  // An exact zero is +0, unless both terms are negative (zeros).
  const negative = n === 0n ? a.negative && b.negative : n < 0n;
  return finite(negative, n < 0n ? -n : n, a.d * b.d);
}

function times(a: Value, b: Value): Value {
  if (a.kind === "nan" || b.kind === "nan") return NAN;
  const negative = a.negative !== b.negative;
  const zero = (x: Value): boolean => x.kind === "finite" && x.n === 0n;
  if (a.kind === "infinite" || b.kind === "infinite") return zero(a) || zero(b) ? NAN : infinite(negative);
  return finite(negative, a.n * b.n, a.d * b.d);
}

function over(a: Value, b: Value): Value {
  if (a.kind === "nan" || b.kind === "nan") return NAN;
  const negative = a.negative !== b.negative;
  if (a.kind === "infinite") return b.kind === "infinite" ? NAN : infinite(negative);
  if (b.kind === "infinite") return finite(negative, 0n, 1n);
  if (b.n === 0n) return a.n === 0n ? NAN : infinite(negative);
  return finite(negative, a.n * b.d, a.d * b.n);
}

function opposite(a: Value): Value {
  return a.kind === "nan" ? a : { ...a, negative: !a.negative };
}

/** floor(√x), by Heron's rule. */
function integerRoot(x: bigint): bigint {
  if (x < 2n) return x;
  let y = 1n << BigInt((x.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (y + x / y) >> 1n;
    if (next >= y) return y;
    y = next;
  }
}

function squareRoot(a: Value): Value {
  if (a.kind === "nan") return a;
  if (a.kind === "finite" && a.n === 0n) return a;
  if (a.negative) return NAN;
  if (a.kind === "infinite") return a;
  // The root to 300 binary places; one more digit tells whether anything is left.
  const scaled = ((a.n << 600n) * a.d) / (a.d * a.d);
  const root = integerRoot(scaled);
  const exact = root * root === scaled && (a.n << 600n) % a.d === 0n;
  return finite(false, 2n * root + (exact ? 0n : 1n), 1n << 301n);
}

/** The integer part; how it and the rest become a result is the caller's. */
function toInteger(a: Value, chosen: (whole: bigint, twiceRest: bigint, unit: bigint) => bigint): Value {
  if (a.kind !== "finite") return a;
  return finite(a.negative, chosen(a.n / a.d, 2n * (a.n % a.d), a.d), 1n);
}

function order(a: Value, b: Value): bigint | undefined {
  if (a.kind === "nan" || b.kind === "nan") return undefined;
  const side = (x: Value & { negative: boolean }): bigint => (x.negative ? -1n : 1n);
  const rank = (x: Value & { negative: boolean }): bigint => (x.kind === "infinite" ? side(x) : 0n);
  if (a.kind === "finite" && b.kind === "finite") return side(a) * a.n * b.d - side(b) * b.n * a.d;
  return rank(a) - rank(b);
}

function lesser(a: Value, b: Value): Value {
  const difference = order(a, b);
  if (difference === undefined) return NAN;
  if (difference === 0n) return a.kind !== "nan" && a.negative ? a : b;
  return difference < 0n ? a : b;
}

function saturated(a: Value, least: bigint, greatest: bigint): bigint {
  if (a.kind === "nan") return 0n;
  if (a.kind === "infinite") return BigInt.asUintN(64, a.negative ? least : greatest);
  const whole = a.negative ? -(a.n / a.d) : a.n / a.d;
  return BigInt.asUintN(64, whole < least ? least : whole > greatest ? greatest : whole);
}

const low32 = (a: bigint): Value => read(a & 0xffffffffn);

/** What each operation gives for operand words, as a word. */
export const ORACLE: Readonly<Record<string, (a: bigint, b: bigint, c: bigint) => bigint>> = {
  canonical: (a) => write(low32(a)),
  neg: (a) => write(opposite(low32(a))),
  abs: (a) => {
    const x = low32(a);
    return write(x.kind === "nan" ? x : { ...x, negative: false });
  },
  sqrt: (a) => write(squareRoot(low32(a))),
  floor: (a) => {
    const x = low32(a);
    return write(toInteger(x, (whole, rest) => (x.kind !== "nan" && x.negative && rest > 0n ? whole + 1n : whole)));
  },
  ceil: (a) => {
    const x = low32(a);
    return write(toInteger(x, (whole, rest) => (x.kind !== "nan" && !x.negative && rest > 0n ? whole + 1n : whole)));
  },
  trunc: (a) => write(toInteger(low32(a), (whole) => whole)),
  roundEven: (a) =>
    write(
      toInteger(low32(a), (whole, twice, unit) =>
        twice > unit || (twice === unit && whole % 2n === 1n) ? whole + 1n : whole,
      ),
    ),
  fromInt64: (a) => {
    const x = BigInt.asIntN(64, a);
    return write(finite(x < 0n, x < 0n ? -x : x, 1n));
  },
  fromUint64: (a) => write(finite(false, a, 1n)),
  toInt8: (a) => saturated(low32(a), -(1n << 7n), (1n << 7n) - 1n),
  toInt16: (a) => saturated(low32(a), -(1n << 15n), (1n << 15n) - 1n),
  toInt32: (a) => saturated(low32(a), -(1n << 31n), (1n << 31n) - 1n),
  toInt64: (a) => saturated(low32(a), -(1n << 63n), (1n << 63n) - 1n),
  toUint8: (a) => saturated(low32(a), 0n, (1n << 8n) - 1n),
  toUint16: (a) => saturated(low32(a), 0n, (1n << 16n) - 1n),
  toUint32: (a) => saturated(low32(a), 0n, (1n << 32n) - 1n),
  toUint64: (a) => saturated(low32(a), 0n, (1n << 64n) - 1n),
  fromHalf: (a) => write(read(a & 0xffffn, BINARY16)),
  toHalf: (a) => write(low32(a), BINARY16),
  fromBfloat16: (a) => write(read(a & 0xffffn, BFLOAT16)),
  toBfloat16: (a) => write(low32(a), BFLOAT16),
  add: (a, b) => write(plus(low32(a), low32(b))),
  sub: (a, b) => write(plus(low32(a), opposite(low32(b)))),
  mul: (a, b) => write(times(low32(a), low32(b))),
  div: (a, b) => write(over(low32(a), low32(b))),
  fma: (a, b, c) => write(plus(times(low32(a), low32(b)), low32(c))),
  minimum: (a, b) => write(lesser(low32(a), low32(b))),
  maximum: (a, b) => write(opposite(lesser(opposite(low32(a)), opposite(low32(b))))),
  eq: (a, b) => (order(low32(a), low32(b)) === 0n ? 1n : 0n),
  lt: (a, b) => ((order(low32(a), low32(b)) ?? 0n) < 0n ? 1n : 0n),
  le: (a, b) => ((order(low32(a), low32(b)) ?? 1n) <= 0n ? 1n : 0n),
};
