/** (x - mean) ÷ √(variance + epsilon) · scale + bias over the places of each channel. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { meanAndVariance, normalised } from "../lowering/softmax.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const InstanceNormalization: Operator = {
  name: "InstanceNormalization",
  inputs: [3, 3],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    const epsilon = node.attributes.float("epsilon", 1e-5);
    const one = Dimension.constant(1);
    const [scale, bias] = [1, 2].map((index) => {
      const value = node.input(index, x.dtype);
      node.rank(value, 1, `input ${index}`);
      node.equalSizes(value.shape[0], x.shape[1], `input ${index}`);
      return withShape(value, [value.shape[0], ...x.shape.slice(2).map(() => one)]);
    });
    const { mean, variance } = meanAndVariance(node, x, x.shape.map((_, i) => i).slice(2));
    return node.graph.elementwise(x.dtype, [x, mean, variance, scale, bias], (code, e, m, v, s, b) =>
      code.ffma(normalised(code, e, m, v, epsilon), s, b),
    );
  },
};
