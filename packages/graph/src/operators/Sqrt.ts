/** Square root, correctly rounded; NaN below -0. */
import { unary } from "../lowering/unary.ts";

export const Sqrt = unary("Sqrt", (code, x) => code.fsqrt(x));
