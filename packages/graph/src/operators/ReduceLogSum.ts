/** Logarithm of the sum over axes. */
import { log } from "../functions/index.ts";
import { reduction, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";

export const ReduceLogSum = reduction("ReduceLogSum", FLOATS, 18, (node, x, axes) =>
  sumOver(node, x, axes, undefined, log),
);
