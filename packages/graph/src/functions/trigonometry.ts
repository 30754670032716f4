/**
 * What sine, cosine and tangent share: the exact reduction of every finite argument to a quarter turn, and the two
 * polynomials there. Below 2^15 the reduction is Cody-Waite's: π/2 in three words, each subtracted by one fma. Beyond it is
 * Payne and Hanek's: the significand times 128 bits of 2/π from where they matter, modulo four, in integers.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { ONE, polynomial } from "./polynomial.ts";

/** An angle x = quarters · π/2 + high + low with |high| ≤ π/4; |low| is below half a unit of high's last place. */
export interface QuarterTurn {
  readonly high: Value;
  readonly low: Value;
  /** An integer of which the low two bits count. */
  readonly quarters: Value;
}

const TWO_OVER_PI = 0x3f22f983;
/** -π/2 = -1.5707964 + 4.371139e-8 + 1.7151245e-15 */
const MINUS_HALF_PI = [0xbfc90fdb, 0x333bbd2e, 0x26f72ced] as const;
/** π/2 · 2^-64 = 8.515304e-20 - 2.3695992e-27 */
const HALF_PI_HIGH = 0x1fc90fdb;
const HALF_PI_LOW = 0x933bbd2e;
/** The bits of 2/π after ten zeros, which stand for 2^9 to 2^0. */
const BITS = [0x0028be60, 0xdb939105, 0x4a7f09d5, 0xf47d4d37, 0x7036d8a5, 0x664f10e4, 0x107f9458, 0xeaf7aef1] as const;
const BORDER = 0x47000000; // 2^15
const SIGNIFICAND = 0x007fffff;
const HIDDEN = 0x00800000;
const INFINITY = 0x7f800000;
const NAN = 0x7fc00000;

/** The reduction of a ≥ 0; what it gives for ∞ and NaN means nothing. */
export function quarterTurn(code: CodeBuilder, a: Value): QuarterTurn {
  const [near, far] = [codyWaite(code, a), payneHanek(code, a)];
  const isNear = code.flt(a, code.constant(BORDER));
  return {
    high: code.select(isNear, near.high, far.high),
    low: code.select(isNear, near.low, far.low),
    quarters: code.select(isNear, near.quarters, far.quarters),
  };
}

function codyWaite(code: CodeBuilder, a: Value): QuarterTurn {
  const n = code.frint(code.fmul(a, code.constant(TWO_OVER_PI)));
  const [first, second, third] = MINUS_HALF_PI.map((pattern) => code.constant(pattern));
  // Exact: both terms are multiples of 2^-23, and so small.
  const r = code.ffma(n, first, a);
  // r + n · second in two words, whichever is greater; then the rest of the product and the third word.
  const product = code.fmul(n, second);
  const sum = code.fadd(r, product);
  const taken = code.fsub(sum, r);
  const lost = code.fadd(code.fsub(r, code.fsub(sum, taken)), code.fsub(product, taken));
  const rest = code.fadd(lost, code.ffma(n, third, code.ffma(n, second, code.fneg(product))));
  const high = code.fadd(sum, rest);
  return { high, low: code.fadd(code.fsub(sum, high), rest), quarters: code.ftoi32(n) };
}

/** For a ≥ 2^15. a = m · 2^E with an integer m of 24 bits, E = place - 8. */
function payneHanek(code: CodeBuilder, a: Value): QuarterTurn {
  const word = (i: number) => code.pair(code.constant(BITS[2 * i]), code.constant(BITS[2 * i + 1]));
  const [w0, w1, w2, w3] = [0, 1, 2, 3].map(word);
  const m = code.or(code.and(a, code.constant(SIGNIFICAND)), code.constant(HIDDEN));
  const place = code.isub(code.ushr(a, code.constant(23)), code.constant(142));
  // Bits place … place + 127 of 2/π: those before are whole turns. Shifts by 64 give 0.
  const later = code.ushr(place, code.constant(6));
  const [x0, x1, x2] = [code.select(later, w1, w0), code.select(later, w2, w1), code.select(later, w3, w2)];
  const shift = code.and(place, code.constant(63));
  const back = code.isub(code.constant(64), shift);
  const upper = code.or(code.shl(x0, shift), code.ushr(x1, back));
  const lower = code.or(code.shl(x1, shift), code.ushr(x2, back));
  // Quarters in the top two bits, then the fraction of a quarter turn; the error is below one unit.
  const product = code.iadd(code.imul(m, upper), code.umulh(m, lower));
  const quarters = code.ushr(code.iadd(product, code.shl(code.constant(1), code.constant(61))), code.constant(62));
  const fraction = code.shl(product, code.constant(2));
  const whole = code.itof(fraction);
  const left = code.itof(code.isub(fraction, code.ftoi64(whole)));
  const scale = code.constant(HALF_PI_HIGH);
  const high = code.fmul(whole, scale);
  const rounding = code.ffma(whole, scale, code.fneg(high));
  const low = code.ffma(left, scale, code.ffma(whole, code.constant(HALF_PI_LOW), rounding));
  return { high, low, quarters };
}

/** -0.16666654, 0.0083321203, -0.00019510812 */
const SINE = [0xbe2aaaa2, 0x3c088372, 0xb94c95f0];
/** 0.041666646, -0.0013887311, 0.000024432546 */
const COSINE = [0x3d2aaaa5, 0xbab60615, 0x37ccf47e];
const MINUS_HALF = 0xbf000000;

/** sin(high + low) for |high| ≤ π/4. */
export function sineNear(code: CodeBuilder, { high, low }: QuarterTurn): Value {
  const square = code.fmul(high, high);
  const cube = code.fmul(square, high);
  return code.fadd(high, code.ffma(cube, polynomial(code, square, SINE), low));
}

/** cos(high + low) for |high| ≤ π/4. */
export function cosineNear(code: CodeBuilder, { high, low }: QuarterTurn): Value {
  const square = code.fmul(high, high);
  const curve = code.ffma(square, polynomial(code, square, COSINE), code.constant(MINUS_HALF));
  const one = code.constant(ONE);
  // 1 - x²/2 is in [0.69, 1]: the correction for `low` is added before the last rounding.
  const rest = code.ffma(square, curve, code.fneg(code.fmul(high, low)));
  return code.fadd(one, rest);
}

/** `result` for a finite a = |x|, NaN for ∞ and NaN. */
export function finiteOnly(code: CodeBuilder, a: Value, result: Value): Value {
  return code.select(code.flt(a, code.constant(INFINITY)), result, code.constant(NAN));
}
