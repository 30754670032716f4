/** Error function: below 1 x + x q(x²); above 1 - e^p(|x|) with p near log(1 - erf). */
import type { CodeBuilder, Value } from "@assay/vm";
import { expInRange } from "./exp.ts";
import { ONE, polynomial, splitSign } from "./polynomial.ts";

/** 0.12837917, -0.37612626, 0.11283582, -0.02685364, 0.00518795, -0.00080067, 0.00007842 */
const NEAR = [0x3e0375d4, 0xbec0939f, 0x3de71678, 0xbcdbfc2b, 0x3ba9ffb8, 0xba51e3f3, 0x38a4745a];
/** 0.00018899, -1.12958264, -0.63321203, -0.10842654, 0.02521298, -0.0042062, 0.00044165, -0.00002171 */
const FAR = [0x39462bc1, 0xbf90962a, 0xbf221a2f, 0xbdde0ebc, 0x3cce8b76, 0xbb89d434, 0x39e78ca2, 0xb7b62025];
/** Beyond this the result is 1. */
const GREATEST = 0x407ccccd; // 3.95

/** erf x; keeps the sign of zero; NaN gives NaN. */
export function erf(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const near = code.ffma(a, polynomial(code, code.fmul(a, a), NEAR), a);
  const one = code.constant(ONE);
  const rest = expInRange(code, polynomial(code, code.fmin(a, code.constant(GREATEST)), FAR));
  return restore(code.select(code.flt(a, one), near, code.fsub(one, rest)));
}
