/** Sine. */
import { sin } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Sin = unary("Sin", (code, x) => sin(code, x));
