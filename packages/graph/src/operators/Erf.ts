/** Error function. */
import { erf } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Erf = unary("Erf", erf);
