/** -1, 0 or 1; of a float zero +0, of NaN NaN. */
import { isFloat, isUnsigned, NUMBERS } from "../lowering/types.ts";
import { unary } from "../lowering/unary.ts";

export const Sign = unary(
  "Sign",
  (code, x, dtype) => {
    const zero = code.constant(0);
    if (isUnsigned(dtype)) return code.truth(x);
    if (!isFloat(dtype)) return code.isub(code.ilt(zero, x), code.ilt(x, zero));
    const signed = code.fsub(code.itof(code.flt(zero, x)), code.itof(code.flt(x, zero)));
    return code.select(code.feq(x, x), signed, x);
  },
  NUMBERS,
);
