/** Sine: of the reduced angle its sine or cosine, by the quarter. */
import type { CodeBuilder, Value } from "@assay/vm";
import { SIGN } from "./polynomial.ts";
import { cosineNear, finiteOnly, quarterTurn, sineNear } from "./trigonometry.ts";

/** sin x; keeps the sign of zero; of ±∞ and NaN NaN. */
export function sin(code: CodeBuilder, x: Value): Value {
  const a = code.fabs(x);
  const turn = quarterTurn(code, a);
  const odd = code.and(turn.quarters, code.constant(1));
  const result = code.select(odd, cosineNear(code, turn), sineNear(code, turn));
  // Negative in the third and fourth quarter, and for negative x the other way round.
  const flip = code.shl(code.and(turn.quarters, code.constant(2)), code.constant(30));
  const sign = code.xor(code.and(x, code.constant(SIGN)), flip);
  return finiteOnly(code, a, code.xor(result, sign));
}
