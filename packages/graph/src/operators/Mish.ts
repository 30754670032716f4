/** x tanh(softplus(x)). */
import { tanh } from "../functions/index.ts";
import { softplus } from "../lowering/composed.ts";
import { unary } from "../lowering/unary.ts";

export const Mish = unary("Mish", (code, x) => code.fmul(x, tanh(code, softplus(code, x))));
