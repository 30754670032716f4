/** (x - mean) ÷ (the standard deviation + 1e-9) over the given axes. */
import { DType } from "@assay/vm";
import { axesOf, countAsFloat, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const MeanVarianceNormalization: Operator = {
  name: "MeanVarianceNormalization",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const given = node.attributes.ints("axes", [0, 2, 3]).map((axis) => node.axis(axis, x.shape.length));
    const axes = axesOf(
      x,
      [...new Set(given)].sort((a, b) => a - b),
      true,
    );
    const mean = sumOver(
      node,
      x,
      axes,
      undefined,
      (code, sum) => code.fdiv(sum, countAsFloat(code, axes)),
      DType.FLOAT32,
    );
    const variance = sumOver(
      node,
      x,
      axes,
      (code, element, place) => {
        const centred = code.fsub(element, code.read(mean, code.linearIndex(axes.shape, place)));
        return code.fmul(centred, centred);
      },
      (code, sum) => code.fdiv(sum, countAsFloat(code, axes)),
      DType.FLOAT32,
    );
    return node.graph.elementwise(x.dtype, [x, mean, variance], (code, element, m, v) =>
      code.fdiv(code.fsub(element, m), code.fadd(code.fsqrt(v), code.constantFloat(1e-9))),
    );
  },
};
