/** Hyperbolic sine: below 1 x + x³ q(x²); above h - 1/(4h) with h = e^|x| / 2, which overflows only where sinh does. */
import type { CodeBuilder, Value } from "@assay/vm";
import { halfExp } from "./exp.ts";
import { ONE, polynomial, splitSign } from "./polynomial.ts";

/** 0.16666667, 0.0083333151, 0.00019841663, 0.00000279 */
const COEFFICIENTS = [0x3e2aaaab, 0x3c088875, 0x39500e0f, 0x363b3c24];
const QUARTER = 0x3e800000;

/** sinh x; keeps the sign of zero; NaN gives NaN. */
export function sinh(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const square = code.fmul(a, a);
  const near = code.ffma(code.fmul(a, square), polynomial(code, square, COEFFICIENTS), a);
  const h = halfExp(code, a);
  const far = code.fsub(h, code.fdiv(code.constant(QUARTER), h));
  return restore(code.select(code.flt(a, code.constant(ONE)), near, far));
}
