/** Sum over axes. */
import { reduction, sumOver } from "../lowering/reduction.ts";
import { NUMBERS } from "../lowering/types.ts";

export const ReduceSum = reduction("ReduceSum", NUMBERS, 13, (node, x, axes) => sumOver(node, x, axes));
