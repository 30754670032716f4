/**
 * e^x: x = n ln 2 + r with |r| ≤ ln 2 / 2, e^r by a polynomial of degree 6, then times 2^n. ln 2 is two constants, the first
 * short enough that its product with n is exact.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { ONE, polynomial, powerOfTwo, scale } from "./polynomial.ts";

export const LOG2_E = 0x3fb8aa3b;
/** 0.693145751953125 */
export const LN2_HIGH = 0x3f317200;
/** 1.428606765330187e-06 */
export const LN2_LOW = 0x35bfbe8e;
export const MINUS_LN2_HIGH = 0xbf317200;
export const MINUS_LN2_LOW = 0xb5bfbe8e;

/** 1, 1, 0.49999988, 0.16666517, 0.04166964, 0.00836914, 0.00137466 */
const COEFFICIENTS = [ONE, ONE, 0x3efffffc, 0x3e2aaa46, 0x3d2aadc9, 0x3c091eb6, 0x3ab42e1a];
/** Beyond these the result is 0 or ∞. */
const LEAST = 0xc2d20000; // -105
const GREATEST = 0x42b20000; // 89
/** Beyond this half the result is ∞ too. */
const GREATEST_HALF = 0x42b40000; // 90

/** e^x. At most 1 unit in the last place; NaN gives NaN. */
export function exp(code: CodeBuilder, x: Value): Value {
  const bounded = code.fmin(code.fmax(x, code.constant(LEAST)), code.constant(GREATEST));
  const { mantissa, exponent } = expParts(code, bounded);
  return scale(code, mantissa, exponent);
}

/** e^x for -87 ≤ x ≤ 88 only. */
export function expInRange(code: CodeBuilder, x: Value): Value {
  const { mantissa, exponent } = expParts(code, x);
  return code.fmul(mantissa, powerOfTwo(code, exponent));
}

/** e^x in two words, for -105 ≤ x ≤ 0: the low word is what the rounding of the high one left out. */
export function expPair(code: CodeBuilder, x: Value): { high: Value; low: Value } {
  const { mantissa, rounding, exponent } = expParts(code, x);
  return { high: scale(code, mantissa, exponent), low: scale(code, rounding(), exponent) };
}

/** e^x / 2 for x ≥ 0: overflows only beyond 2^128; NaN gives NaN. */
export function halfExp(code: CodeBuilder, x: Value): Value {
  const { mantissa, exponent } = expParts(code, code.fmin(x, code.constant(GREATEST_HALF)));
  return scale(code, mantissa, code.isub(exponent, code.constant(1)));
}

/** e^x as mantissa · 2^exponent; `rounding` writes what the mantissa's last rounding left out. */
function expParts(code: CodeBuilder, x: Value): { mantissa: Value; rounding: () => Value; exponent: Value } {
  const n = code.frint(code.fmul(x, code.constant(LOG2_E)));
  const high = code.ffma(n, code.constant(MINUS_LN2_HIGH), x);
  const r = code.ffma(n, code.constant(MINUS_LN2_LOW), high);
  const slope = polynomial(code, r, COEFFICIENTS.slice(1));
  const one = code.constant(ONE);
  const mantissa = code.ffma(slope, r, one);
  const rounding = () => code.ffma(slope, r, code.fsub(one, mantissa));
  return { mantissa, rounding, exponent: code.ftoi32(n) };
}
