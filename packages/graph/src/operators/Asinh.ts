/** Inverse hyperbolic sine. */
import { asinh } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Asinh = unary("Asinh", (code, x) => asinh(code, x));
