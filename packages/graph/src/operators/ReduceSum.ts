/** Sum over axes. */
import { Dimension } from "../dimension.ts";
import { reduction, sumOver } from "../lowering/reduction.ts";
import { NUMBERS } from "../lowering/types.ts";

export const ReduceSum = reduction("ReduceSum", NUMBERS, 13, (node, x, axes) => sumOver(node, x, axes), {
  combine: (a, b) => a.add(b),
  none: Dimension.constant(0),
});
