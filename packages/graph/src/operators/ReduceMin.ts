/** Least over axes: IEEE-754-2019 minimum; of nothing the greatest value. */
import { DType } from "@assay/vm";
import { accumulateOver, reduction } from "../lowering/reduction.ts";
import { greatestOf, minimum } from "../lowering/arithmetic.ts";
import { NUMBERS } from "../lowering/types.ts";

export const ReduceMin = reduction(
  "ReduceMin",
  [...NUMBERS, DType.BOOL],
  18,
  (node, x, axes) =>
    accumulateOver(
      node,
      x,
      axes,
      (code) => greatestOf(code, x.dtype),
      (code, best, e) => minimum(code, x.dtype, best, e),
    ),
  { combine: (a, b) => a.min(b) },
);
