/**
 * 1 / (1 + e^-x), as z / (1 + z) or 1 / (1 + z) with z = e^-|x|, so that nothing overflows and small results keep their
 * precision. z, 1 + z and the quotient are in two words.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { expPair } from "./exp.ts";
import { ONE, onePlus, quotient } from "./polynomial.ts";

/** Beyond this z is 0. */
const GREATEST = 0x42d20000; // 105

/** The logistic function; NaN gives NaN. */
export function sigmoid(code: CodeBuilder, x: Value): Value {
  const magnitude = code.fmin(code.fabs(x), code.constant(GREATEST));
  const z = expPair(code, code.fneg(magnitude));
  const zero = code.constant(0);
  const negative = code.flt(x, zero);
  const high = code.select(negative, z.high, code.constant(ONE));
  const low = code.select(negative, z.low, zero);
  return quotient(code, { high, low }, onePlus(code, z.high, z.low));
}
