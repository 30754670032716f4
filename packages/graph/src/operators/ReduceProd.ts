/** Product over axes, in order. */
import { Dimension } from "../dimension.ts";
import { accumulateOver, reduction } from "../lowering/reduction.ts";
import { mul } from "../lowering/arithmetic.ts";
import { isFloat, NUMBERS } from "../lowering/types.ts";

export const ReduceProd = reduction(
  "ReduceProd",
  NUMBERS,
  18,
  (node, x, axes) =>
    accumulateOver(
      node,
      x,
      axes,
      (code) => (isFloat(x.dtype) ? code.constantFloat(1) : code.constant(1)),
      (code, product, e) => mul(code, x.dtype, product, e),
    ),
  { combine: (a, b) => a.mul(b), none: Dimension.constant(1) },
);
