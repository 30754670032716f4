/**
 * What every computing instruction must give, said a second time and in another way: integers by bigint arithmetic on
 * unsigned 64-bit words, binary32 by the machine's own doubles where one rounding more does no harm.
 */
import * as float32 from "../../packages/vm/src/float32.ts";
import type { Mnemonic } from "../../packages/vm/src/opcodes.ts";

/** Unsigned 64-bit words in, an integer out, of which the low 64 bits count. */
type Law = (a: bigint, b: bigint, c: bigint) => bigint;

const MIN = -(1n << 63n);
const signed = (x: bigint): bigint => BigInt.asIntN(64, x);
const bit = (condition: boolean): bigint => (condition ? 1n : 0n);
const floorDivide = (a: bigint, b: bigint): bigint => {
  const q = a / b;
  return q * b > a === b > 0n && q * b !== a ? q - 1n : q;
};

const low = (x: bigint): number => Number(x & 0xffffffffn);
const value = (x: bigint): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, low(x));
  return view.getFloat32(0);
};
const pattern = (x: number): bigint => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  return Number.isNaN(x) ? 0x7fc00000n : BigInt(view.getUint32(0));
};
const unary =
  (f: (x: number) => number): Law =>
  (a) =>
    pattern(f(value(a)));
const binary =
  (f: (x: number, y: number) => number): Law =>
  (a, b) =>
    pattern(f(value(a), value(b)));
const compare =
  (f: (x: number, y: number) => boolean): Law =>
  (a, b) =>
    bit(f(value(a), value(b)));
const saturated =
  (least: bigint, greatest: bigint): Law =>
  (a) => {
    const x = value(a);
    if (Number.isNaN(x)) return 0n;
    if (x === Infinity) return greatest;
    if (x === -Infinity) return least;
    const n = BigInt(Math.trunc(x));
    return n < least ? least : n > greatest ? greatest : n;
  };
const half = (n: number): [bigint, bigint] => [-(1n << BigInt(n - 1)), (1n << BigInt(n - 1)) - 1n];
const whole = (n: number): [bigint, bigint] => [0n, (1n << BigInt(n)) - 1n];

/** An integer rounded to 24 significant bits, ties to even, by integer arithmetic. */
function rounded(x: bigint): bigint {
  const magnitude = x < 0n ? -x : x;
  const excess = BigInt(Math.max(0, magnitude.toString(2).length - 24));
  const unit = 1n << excess;
  const kept = magnitude / unit;
  const rest = 2n * (magnitude % unit);
  const up = rest > unit || (rest === unit && excess > 0n && kept % 2n === 1n);
  return pattern(Number(x < 0n ? -(kept + bit(up)) * unit : (kept + bit(up)) * unit));
}

function nearestEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 23) return x;
  const below = Math.floor(x);
  const rest = x - below;
  const n = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return n === 0 ? (Object.is(x, -0) || x < 0 ? -0 : 0) : n;
}

type Looking = "index" | "linear" | "extent" | "symbol" | "call" | "calls" | "seed" | "step" | "acc" | "load";
export type Computing = Exclude<Mnemonic, Looking>;

export const LAWS: Record<Computing, Law> = {
  iadd: (a, b) => a + b,
  isub: (a, b) => a - b,
  imul: (a, b) => a * b,
  umulh: (a, b) => (a * b) >> 64n,
  idiv: (a, b) => (b === 0n ? 0n : signed(a) / signed(b)),
  udiv: (a, b) => (b === 0n ? 0n : a / b),
  ifloordiv: (a, b) => (b === 0n ? 0n : floorDivide(signed(a), signed(b))),
  irem: (a, b) => (b === 0n ? 0n : signed(a) - (signed(a) / signed(b)) * signed(b)),
  urem: (a, b) => (b === 0n ? 0n : a - (a / b) * b),
  imod: (a, b) => (b === 0n ? 0n : signed(a) - floorDivide(signed(a), signed(b)) * signed(b)),
  imin: (a, b) => (signed(a) < signed(b) ? a : b),
  imax: (a, b) => (signed(a) > signed(b) ? a : b),
  umin: (a, b) => (a < b ? a : b),
  umax: (a, b) => (a > b ? a : b),
  ineg: (a) => (signed(a) === MIN ? MIN : -signed(a)),
  iabs: (a) => (signed(a) === MIN ? MIN : signed(a) < 0n ? -signed(a) : a),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  not: (a) => a ^ 0xffffffffffffffffn,
  shl: (a, b) => (b > 63n ? 0n : a << b),
  ushr: (a, b) => (b > 63n ? 0n : a >> b),
  ishr: (a, b) => (b > 63n ? -(a >> 63n) : signed(a) >> b),
  clz: (a) => BigInt(64 - (a === 0n ? 0 : a.toString(2).length)),
  ieq: (a, b) => bit(a === b),
  ine: (a, b) => bit(a !== b),
  ilt: (a, b) => bit(signed(a) < signed(b)),
  ile: (a, b) => bit(signed(a) <= signed(b)),
  ult: (a, b) => bit(a < b),
  ule: (a, b) => bit(a <= b),
  wrapi8: (a) => BigInt.asIntN(8, a),
  wrapi16: (a) => BigInt.asIntN(16, a),
  wrapi32: (a) => BigInt.asIntN(32, a),
  wrapu8: (a) => a % (1n << 8n),
  wrapu16: (a) => a % (1n << 16n),
  wrapu32: (a) => a % (1n << 32n),
  pair: (a, b) => (a % (1n << 32n)) * (1n << 32n) + (b % (1n << 32n)),
  truth: (a) => bit(a !== 0n),
  lnot: (a) => bit(a === 0n),
  select: (a, b, c) => (a !== 0n ? b : c),

  fadd: binary((x, y) => x + y),
  fsub: binary((x, y) => x - y),
  fmul: binary((x, y) => x * y),
  fdiv: binary((x, y) => x / y),
  // The one law taken from the code under test; test/**/float32* checks it against other authorities.
  ffma: (a, b, c) => BigInt(float32.fma(low(a), low(b), low(c))),
  fsqrt: unary(Math.sqrt),
  fmin: binary(Math.min),
  fmax: binary(Math.max),
  fneg: unary((x) => -x),
  fabs: unary(Math.abs),
  ffloor: unary(Math.floor),
  fceil: unary(Math.ceil),
  ftrunc: unary(Math.trunc),
  frint: unary(nearestEven),
  feq: compare((x, y) => x === y),
  flt: compare((x, y) => x < y),
  fle: compare((x, y) => x <= y),
  fcanon: unary((x) => x),

  ftoi8: saturated(...half(8)),
  ftoi16: saturated(...half(16)),
  ftoi32: saturated(...half(32)),
  ftoi64: saturated(...half(64)),
  ftou8: saturated(...whole(8)),
  ftou16: saturated(...whole(16)),
  ftou32: saturated(...whole(32)),
  ftou64: saturated(...whole(64)),
  itof: (a) => rounded(signed(a)),
  utof: (a) => rounded(a),
  htof: (a) => {
    const [sign, exponent, fraction] = [(a >> 15n) & 1n, Number((a >> 10n) & 31n), Number(a & 1023n)];
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent < 31
          ? (1024 + fraction) * 2 ** (exponent - 25)
          : fraction === 0
            ? Infinity
            : NaN;
    return pattern(sign === 1n ? -magnitude : magnitude);
  },
  ftoh: (a) =>
    narrowed(value(a), 11, -24, 65504, [0x7c00n, 0x7e00n], (x) => {
      // Patterns of positive values ascend by one per representable value.
      const exponent = Math.max(-14, Math.floor(Math.log2(x)));
      return BigInt((exponent + 14) * 1024 + x / 2 ** (exponent - 10));
    }),
  btof: (a) => pattern(value((a & 0xffffn) << 16n)),
  ftob: (a) => narrowed(value(a), 8, -133, 0x7f7f0000, [0x7f80n, 0x7fc0n], (x) => pattern(x) >> 16n),
};

/** `x` rounded to `digits` significant bits above 2^least, as the pattern that `encode` gives a positive value. */
function narrowed(
  x: number,
  digits: number,
  least: number,
  greatest: number,
  [infinity, nan]: [bigint, bigint],
  encode: (x: number) => bigint,
): bigint {
  if (Number.isNaN(x)) return nan;
  const sign = Object.is(x, -0) || x < 0 ? 0x8000n : 0n;
  const magnitude = Math.abs(x);
  if (magnitude === 0) return sign;
  if (magnitude === Infinity) return sign | infinity;
  const unit = 2 ** Math.max(least, Math.floor(Math.log2(magnitude)) - digits + 1);
  const result = nearestEven(magnitude / unit) * unit;
  const limit = digits === 8 ? value(BigInt(greatest)) : greatest;
  return sign | (result > limit ? infinity : result === 0 ? 0n : encode(result));
}
