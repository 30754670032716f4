/** -x; integers wrap. */
import { FLOATS, SIGNED, isFloat } from "../lowering/types.ts";
import { unary } from "../lowering/unary.ts";

export const Neg = unary(
  "Neg",
  (code, x, dtype) => (isFloat(dtype) ? code.fneg(x) : code.wrapped(dtype, code.ineg(x))),
  [...FLOATS, ...SIGNED],
  (x) => x.mul(-1),
);
