/** (x - mean) ÷ √(variance + epsilon) · scale + bias over groups of channels; scale and bias by channel. */
import type { Value } from "@assay/vm";
import { countOf, Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { meanAndVariance, normalised } from "../lowering/softmax.ts";
import { FLOATS } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const GroupNormalization: Operator = {
  name: "GroupNormalization",
  inputs: [3, 3],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    const groups = node.attributes.int("num_groups");
    const epsilon = node.attributes.float("epsilon", 1e-5);
    // Before operator set 21 scale and bias are by group.
    const byGroup = node.opset < 21;
    check(byGroup || node.attributes.int("stash_type", 1) === 1, "UNSUPPORTED", "a stash type other than float32");
    const [batch, channels, ...places] = x.shape;
    check(groups >= 1, "BAD_ATTRIBUTE", `num_groups is ${groups}`);
    node.equalSizes(channels.rem(groups), 0, "channels in groups");
    const one = Dimension.constant(1);
    const [scale, bias] = [1, 2].map((index) => {
      const value = node.input(index, x.dtype);
      node.rank(value, 1, `input ${index}`);
      node.equalSizes(value.shape[0], byGroup ? groups : channels, `input ${index}`);
      return byGroup ? value : withShape(value, [channels, ...places.map(() => one)]);
    });
    const grouped = withShape(x, [batch, Dimension.constant(groups), countOf([channels.div(groups), ...places])]);
    const { mean, variance } = meanAndVariance(node, grouped, [2]);
    const apply = (code: NodeCode, element: Value, s: Value, b: Value) => {
      const [group] = code.divide(code.index(1), channels.div(groups));
      const at = code.linearIndex(mean.shape, [code.index(0), group, undefined]);
      return code.ffma(normalised(code, element, code.read(mean, at), code.read(variance, at), epsilon), s, b);
    };
    if (!byGroup) return node.graph.elementwise(x.dtype, [x, scale, bias], apply);
    return node.graph.elementwise(x.dtype, [x], (code, element) => {
      const [group] = code.divide(code.index(1), channels.div(groups));
      return apply(code, element, code.read(scale, group), code.read(bias, group));
    });
  },
};
