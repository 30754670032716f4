/** Cosine: of the reduced angle its cosine or sine, by the quarter. */
import type { CodeBuilder, Value } from "@assay/vm";
import { cosineNear, finiteOnly, quarterTurn, sineNear } from "./trigonometry.ts";

/** cos x; of ±∞ and NaN NaN. */
export function cos(code: CodeBuilder, x: Value): Value {
  const a = code.fabs(x);
  const turn = quarterTurn(code, a);
  const odd = code.and(turn.quarters, code.constant(1));
  const result = code.select(odd, sineNear(code, turn), cosineNear(code, turn));
  // Negative in the second and third quarter.
  const next = code.iadd(turn.quarters, code.constant(1));
  const sign = code.shl(code.and(next, code.constant(2)), code.constant(30));
  return finiteOnly(code, a, code.xor(result, sign));
}
