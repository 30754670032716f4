/** Mean over axes: the sum ÷ the number of elements. */
import { countAsFloat, reduction, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";

export const ReduceMean = reduction("ReduceMean", FLOATS, 18, (node, x, axes) =>
  sumOver(node, x, axes, undefined, (code, sum) => code.fdiv(sum, countAsFloat(code, axes))),
);
