/** Greatest over axes: IEEE-754-2019 maximum; of nothing the least value. */
import { DType } from "@assay/vm";
import { accumulateOver, reduction } from "../lowering/reduction.ts";
import { leastOf, maximum } from "../lowering/arithmetic.ts";
import { NUMBERS } from "../lowering/types.ts";

export const ReduceMax = reduction(
  "ReduceMax",
  [...NUMBERS, DType.BOOL],
  18,
  (node, x, axes) =>
    accumulateOver(
      node,
      x,
      axes,
      (code) => leastOf(code, x.dtype),
      (code, best, e) => maximum(code, x.dtype, best, e),
    ),
  { combine: (a, b) => a.max(b) },
);
