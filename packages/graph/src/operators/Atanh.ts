/** Inverse hyperbolic tangent. */
import { atanh } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Atanh = unary("Atanh", (code, x) => atanh(code, x));
