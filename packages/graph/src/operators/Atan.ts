/** Arctangent. */
import { atan } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Atan = unary("Atan", (code, x) => atan(code, x));
