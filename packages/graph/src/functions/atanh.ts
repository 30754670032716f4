/** Inverse hyperbolic tangent: below 1/2 x + x³ q(x²); above log(u) / 2 with u = (1 + |x|) / (1 - |x|) in two words. */
import type { CodeBuilder, Value } from "@assay/vm";
import { HALF } from "./asin.ts";
import { logOfPair } from "./log.ts";
import { ONE, onePlus, polynomial, splitSign } from "./polynomial.ts";

/** 0.33333334, 0.1999993, 0.14287387, 0.11094118, 0.091435343, 0.080290452, 0.035092618, 0.14364679 */
const COEFFICIENTS = [0x3eaaaaab, 0x3e4ccc9e, 0x3e124d87, 0x3de33521, 0x3dbb4274, 0x3da46f52, 0x3d0fbd47, 0x3e131825];
const NAN = 0x7fc00000;

/** atanh x; keeps the sign of zero; of ±1 ±∞, beyond NaN; NaN gives NaN. */
export function atanh(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const square = code.fmul(a, a);
  const near = code.ffma(code.fmul(a, square), polynomial(code, square, COEFFICIENTS), a);

  const half = code.constant(HALF);
  const one = code.constant(ONE);
  const numerator = onePlus(code, a);
  // Exact from 1/2 on.
  const denominator = code.fsub(one, a);
  const u = code.fdiv(numerator.high, denominator);
  const residue = code.fadd(code.ffma(code.fneg(u), denominator, numerator.high), numerator.low);
  const far = code.fmul(logOfPair(code, u, code.fdiv(residue, denominator), code.constant(0)), half);
  return code.select(code.fle(a, one), restore(code.select(code.flt(a, half), near, far)), code.constant(NAN));
}
