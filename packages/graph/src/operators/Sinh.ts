/** Hyperbolic sine. */
import { sinh } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Sinh = unary("Sinh", (code, x) => sinh(code, x));
