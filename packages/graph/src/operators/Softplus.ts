/** log(1 + e^x), as max(x, 0) + log1p(e^-|x|). */
import { softplus } from "../lowering/composed.ts";
import { unary } from "../lowering/unary.ts";

export const Softplus = unary("Softplus", softplus);
