/** Tangent. */
import { tan } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Tan = unary("Tan", (code, x) => tan(code, x));
