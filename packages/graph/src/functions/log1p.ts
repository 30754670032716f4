/**
 * log(1 + x): 1 + x = 2^e (1 + f) with f = 2^-e x + (2^-e - 1) rounded once, so that nothing is lost where x is small or near
 * -1; then as `log`.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { exponentOf, logParts, logSpecials } from "./log.ts";
import { ONE, powerOfTwo } from "./polynomial.ts";

/** log(1 + x); keeps the sign of zero; of -1 -∞, below NaN; NaN gives NaN. */
export function log1p(code: CodeBuilder, x: Value): Value {
  const one = code.constant(ONE);
  const sum = code.fadd(one, x);
  const { exponent } = exponentOf(code, sum);
  // 2^-e may be subnormal: it is used as two factors.
  const half = code.ishr(exponent, code.constant(1));
  const first = powerOfTwo(code, code.ineg(half));
  const second = powerOfTwo(code, code.isub(half, exponent));
  const f = code.ffma(code.fmul(x, first), second, code.fsub(code.fmul(first, second), one));
  const result = logSpecials(code, sum, logParts(code, exponent, f));
  return code.select(code.feq(x, code.constant(0)), x, result);
}
