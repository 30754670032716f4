/** Sum of absolute values over axes. */
import { reduction, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";

export const ReduceL1 = reduction("ReduceL1", FLOATS, 18, (node, x, axes) =>
  sumOver(node, x, axes, (code, e) => code.fabs(e)),
);
