/** Greatest over all places of each channel. */
import { check } from "../errors.ts";
import { leastOf, maximum } from "../lowering/arithmetic.ts";
import { accumulateOver, axesOf } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const GlobalMaxPool: Operator = {
  name: "GlobalMaxPool",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    const axes = axesOf(x, [...x.shape.keys()].slice(2), true);
    return accumulateOver(
      node,
      x,
      axes,
      (code) => leastOf(code, x.dtype),
      (code, best, element) => maximum(code, x.dtype, best, element),
    );
  },
};
