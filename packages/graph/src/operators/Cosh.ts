/** Hyperbolic cosine. */
import { cosh } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Cosh = unary("Cosh", (code, x) => cosh(code, x));
