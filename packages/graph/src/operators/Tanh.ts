/** Hyperbolic tangent. */
import { tanh } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Tanh = unary("Tanh", tanh);
