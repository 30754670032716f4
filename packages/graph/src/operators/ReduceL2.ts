/** Square root of the sum of squares over axes. */
import { reduction, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";

export const ReduceL2 = reduction("ReduceL2", FLOATS, 18, (node, x, axes) =>
  sumOver(
    node,
    x,
    axes,
    (code, e) => code.fmul(e, e),
    (code, sum) => code.fsqrt(sum),
  ),
);
