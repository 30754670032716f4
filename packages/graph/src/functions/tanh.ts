/**
 * Hyperbolic tangent: below 0.55 x + x³ q(x²); above (1 - z) / (1 + z) with z = e^(-2|x|), numerator and denominator in two
 * words.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { expInRange } from "./exp.ts";
import { ONE, onePlus, polynomial, quotient, splitSign } from "./polynomial.ts";

/** -0.33333316, 0.13332537, -0.05384624, 0.02104373, -0.00623115 */
const COEFFICIENTS = [0xbeaaaaa5, 0x3e088672, 0xbd5c8de1, 0x3cac63e7, 0xbbcc2eae];
const BORDER = 0x3f0ccccd; // 0.55
/** Beyond this the result is 1. */
const GREATEST = 0x41200000; // 10
const MINUS_TWO = 0xc0000000;

/** tanh x; keeps the sign of zero; NaN gives NaN. */
export function tanh(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const square = code.fmul(a, a);
  const near = code.ffma(code.fmul(a, square), polynomial(code, square, COEFFICIENTS), a);

  const one = code.constant(ONE);
  const z = expInRange(code, code.fmul(code.fmin(a, code.constant(GREATEST)), code.constant(MINUS_TWO)));
  const high = code.fsub(one, z);
  const low = code.fsub(code.fsub(one, high), z);
  const far = quotient(code, { high, low }, onePlus(code, z));
  return restore(code.select(code.flt(a, code.constant(BORDER)), near, far));
}
