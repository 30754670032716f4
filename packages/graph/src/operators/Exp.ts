/** e^x. */
import { exp } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Exp = unary("Exp", exp);
