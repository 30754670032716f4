/** |x|; the least integer stays as it is. */
import { NUMBERS, isFloat, isUnsigned } from "../lowering/types.ts";
import { unary } from "../lowering/unary.ts";

export const Abs = unary(
  "Abs",
  (code, x, dtype) => (isFloat(dtype) ? code.fabs(x) : code.wrapped(dtype, isUnsigned(dtype) ? x : code.iabs(x))),
  NUMBERS,
);
