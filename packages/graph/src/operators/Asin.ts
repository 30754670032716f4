/** Arcsine. */
import { asin } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Asin = unary("Asin", (code, x) => asin(code, x));
