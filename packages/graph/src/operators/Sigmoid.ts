/** 1 / (1 + e^-x). */
import { sigmoid } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Sigmoid = unary("Sigmoid", sigmoid);
