/** x ÷ the sum of absolute values, or the square root of the sum of squares, along an axis; 0 where that is 0. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import { axesOf, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const LpNormalization: Operator = {
  name: "LpNormalization",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const axis = node.axis(node.attributes.int("axis", -1), x.shape.length);
    const p = node.attributes.int("p", 2);
    check(p === 1 || p === 2, "BAD_ATTRIBUTE", `p is ${p}, not 1 or 2`);
    const axes = axesOf(x, [axis], true);
    const norm =
      p === 1
        ? sumOver(node, x, axes, (code, e) => code.fabs(e), undefined, DType.FLOAT32)
        : sumOver(
            node,
            x,
            axes,
            (code, e) => code.fmul(e, e),
            (code, sum) => code.fsqrt(sum),
            DType.FLOAT32,
          );
    return node.graph.elementwise(x.dtype, [x, norm], (code, e, n) =>
      code.select(code.feq(n, code.constant(0)), code.constant(0), code.fdiv(e, n)),
    );
  },
};
