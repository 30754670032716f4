/** Sum of squares over axes. */
import { reduction, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";

export const ReduceSumSquare = reduction("ReduceSumSquare", FLOATS, 18, (node, x, axes) =>
  sumOver(node, x, axes, (code, e) => code.fmul(e, e)),
);
