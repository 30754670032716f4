/** Normalisation by the root of the mean of squares. */
import { DType } from "@assay/vm";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { axesOf, countAsFloat, sumOver } from "./reduction.ts";

/** x ÷ √(mean of squares + epsilon) · scale over the axes from `axis` on, and 1 ÷ the root. */
export function rmsNormalised(
  node: NodeContext,
  x: TensorValue,
  scale: TensorValue,
  axis: number,
  epsilon: number,
): { y: TensorValue; inverse: TensorValue } {
  const axes = axesOf(x, [...x.shape.keys()].slice(axis), true);
  const mean = sumOver(
    node,
    x,
    axes,
    (code, element) => code.fmul(element, element),
    (code, sum) => code.fdiv(sum, countAsFloat(code, axes)),
    DType.FLOAT32,
  );
  const y = node.graph.elementwise(scale.dtype, [x, mean, scale], (code, element, m, s) => {
    const root = code.fsqrt(code.fadd(m, code.constantFloat(epsilon)));
    return code.fmul(code.fdiv(element, root), s);
  });
  const inverse = node.graph.elementwise(DType.FLOAT32, [mean], (code, m) =>
    code.fdiv(code.constantFloat(1), code.fsqrt(code.fadd(m, code.constantFloat(epsilon)))),
  );
  return { y, inverse };
}
