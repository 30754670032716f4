/** (x - mean) ÷ √(variance + epsilon) · scale + bias by channel, with the statistics of training: one fma at the end. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { normalised } from "../lowering/softmax.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const BatchNormalization: Operator = {
  name: "BatchNormalization",
  inputs: [5, 5],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 2, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 2`);
    const epsilon = node.attributes.float("epsilon", 1e-5);
    node.attributes.float("momentum", 0.9);
    check(!node.attributes.flag("training_mode", false), "UNSUPPORTED", "training mode");
    check(node.opset >= 9 || node.attributes.int("spatial", 1) === 1, "UNSUPPORTED", "statistics by place");
    const one = Dimension.constant(1);
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => {
      const value = node.input(index, ...FLOATS);
      node.rank(value, 1, `input ${index}`);
      node.equalSizes(value.shape[0], x.shape[1], `input ${index}`);
      return withShape(value, [value.shape[0], ...x.shape.slice(2).map(() => one)]);
    });
    return node.graph.elementwise(x.dtype, [x, mean, variance, scale, bias], (code, e, m, v, s, b) =>
      code.ffma(normalised(code, e, m, v, epsilon), s, b),
    );
  },
};
