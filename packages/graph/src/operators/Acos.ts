/** Arccosine. */
import { acos } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Acos = unary("Acos", (code, x) => acos(code, x));
