/**
 * e^x - 1: x = n ln 2 + r with n rounded toward zero, so that |r| < ln 2 and near zero n = 0; then 2^n p + (2^n - 1) with
 * p = e^r - 1 by a polynomial.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { LOG2_E, MINUS_LN2_HIGH, MINUS_LN2_LOW } from "./exp.ts";
import { ONE, polynomial, powerOfTwo } from "./polynomial.ts";

/** Of (p - r) / r²: 1/2, 0.16666672, 0.04166665, 0.00833266, 0.00138898, 0.00020092, 0.00002484 */
const COEFFICIENTS = [0x3f000000, 0x3e2aaaae, 0x3d2aaaa5, 0x3c0885b5, 0x3ab60e50, 0x3952ad79, 0x37d05ae8];
/** Beyond these the result is -1 or ∞. */
const LEAST = 0xc1f00000; // -30
const GREATEST = 0x42b20000; // 89
const GREATEST_EXPONENT = 0x42fe0000; // 127

/** e^x - 1; keeps the sign of zero; NaN gives NaN. */
export function expm1(code: CodeBuilder, x: Value): Value {
  const bounded = code.fmin(code.fmax(x, code.constant(LEAST)), code.constant(GREATEST));
  const whole = code.ftrunc(code.fmul(bounded, code.constant(LOG2_E)));
  const n = code.fmin(whole, code.constant(GREATEST_EXPONENT));
  const high = code.ffma(n, code.constant(MINUS_LN2_HIGH), bounded);
  const r = code.ffma(n, code.constant(MINUS_LN2_LOW), high);
  const p = code.ffma(code.fmul(r, r), polynomial(code, r, COEFFICIENTS), r);
  const power = powerOfTwo(code, code.ftoi32(n));
  const result = code.ffma(power, p, code.fsub(power, code.constant(ONE)));
  return code.select(code.feq(x, code.constant(0)), x, result);
}
