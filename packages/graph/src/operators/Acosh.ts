/** Inverse hyperbolic cosine. */
import { acosh } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Acosh = unary("Acosh", (code, x) => acosh(code, x));
