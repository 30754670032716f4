/** Tangent: x + x³ q(x²) of the reduced angle, or in odd quarters minus its reciprocal, corrected once. */
import type { CodeBuilder, Value } from "@assay/vm";
import { ONE, polynomial, SIGN } from "./polynomial.ts";
import { finiteOnly, quarterTurn } from "./trigonometry.ts";

/** 0.3333335, 0.13332681, 0.054057967, 0.02129167, 0.010812788, 0.00011681461, 0.0043637133 */
const COEFFICIENTS = [0x3eaaaab0, 0x3e0886d3, 0x3d5d6be3, 0x3cae6bde, 0x3c31281f, 0x38f4fa5e, 0x3b8efd7b];
const MINUS_ONE = 0xbf800000;

/** tan x; keeps the sign of zero; of ±∞ and NaN NaN. */
export function tan(code: CodeBuilder, x: Value): Value {
  const a = code.fabs(x);
  const { high, low, quarters } = quarterTurn(code, a);
  const square = code.fmul(high, high);
  // tan(high + low) = tan high + low (1 + tan² high), of which high² is enough.
  const shifted = code.ffma(low, square, low);
  const rest = code.ffma(code.fmul(square, high), polynomial(code, square, COEFFICIENTS), shifted);
  const tangent = code.fadd(high, rest);
  const lost = code.fadd(code.fsub(high, tangent), rest);
  const reciprocal = code.fdiv(code.constant(MINUS_ONE), tangent);
  const error = code.ffma(reciprocal, lost, code.ffma(reciprocal, tangent, code.constant(ONE)));
  const corrected = code.ffma(reciprocal, error, reciprocal);
  const result = code.select(code.and(quarters, code.constant(1)), corrected, tangent);
  return finiteOnly(code, a, code.xor(result, code.and(x, code.constant(SIGN))));
}
