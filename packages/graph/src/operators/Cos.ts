/** Cosine. */
import { cos } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Cos = unary("Cos", (code, x) => cos(code, x));
