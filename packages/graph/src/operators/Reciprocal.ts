/** 1 ÷ x. */
import { unary } from "../lowering/unary.ts";

export const Reciprocal = unary("Reciprocal", (code, x) => code.fdiv(code.constantFloat(1), x));
