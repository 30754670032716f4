/** Inverse hyperbolic cosine: log u with u = x + √(x² - 1) in two words; from 2^12 on log x + log 2. */
import type { CodeBuilder, Value } from "@assay/vm";
import { logOfRootSum } from "./asinh.ts";
import { ONE } from "./polynomial.ts";

const NAN = 0x7fc00000;

/** acosh x; of 1 +0; below 1 NaN; NaN gives NaN. */
export function acosh(code: CodeBuilder, x: Value): Value {
  const one = code.constant(ONE);
  const square = code.fmul(x, x);
  const squareLow = code.ffma(x, x, code.fneg(square));
  const less = code.fsub(square, one);
  const lessLow = code.fsub(code.fsub(square, less), one);
  // x² - 1 rounded once more, so that its low word stays below half a unit of the high one.
  const low = code.fadd(lessLow, squareLow);
  const w = code.fadd(less, low);
  const wLow = code.fadd(code.fsub(less, w), low);
  return code.select(code.fle(one, x), logOfRootSum(code, x, w, wLow), code.constant(NAN));
}
