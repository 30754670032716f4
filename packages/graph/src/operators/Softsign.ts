/** x / (1 + |x|). */
import { unary } from "../lowering/unary.ts";

export const Softsign = unary("Softsign", (code, x) => code.fdiv(x, code.fadd(code.constantFloat(1), code.fabs(x))));
