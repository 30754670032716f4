/**
 * 1 / (1 + e^-x), as z / (1 + z) or 1 / (1 + z) with z = e^-|x|, so that nothing overflows and small results keep their
 * precision. The quotient is corrected for the rounding of 1 + z.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { exp } from "./exp.ts";
import { ONE, onePlus, quotient } from "./polynomial.ts";

/** The logistic function; NaN gives NaN. */
export function sigmoid(code: CodeBuilder, x: Value): Value {
  const z = exp(code, code.fneg(code.fabs(x)));
  const high = code.select(code.flt(x, code.constant(0)), z, code.constant(ONE));
  return quotient(code, { high }, onePlus(code, z));
}
