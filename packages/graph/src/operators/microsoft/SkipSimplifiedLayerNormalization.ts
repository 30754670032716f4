/** The sum of two inputs and an optional bias ÷ the root of its mean square, times a scale; the fourth output is the sum. */
import { rmsNormalised } from "../../lowering/rms.ts";
import { checkNoStatistics, skipSum } from "../../lowering/skip.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const SkipSimplifiedLayerNormalization: Operator = {
  name: "SkipSimplifiedLayerNormalization",
  domain: MICROSOFT,
  inputs: [3, 4],
  outputs: 4,
  lower(node) {
    const [x, skip, gamma] = [0, 1, 2].map((index) => node.input(index, ...FLOATS));
    const bias = node.optional(3, ...FLOATS);
    node.sameType(x, skip, gamma, bias);
    checkNoStatistics(node);
    const { sum, output } = skipSum(node, x, skip, bias);
    node.rank(gamma, 1, "gamma");
    node.equalSizes(gamma.shape[0], x.shape.at(-1)!, "gamma");
    const epsilon = node.attributes.float("epsilon", 1e-12);
    const { y } = rmsNormalised(node, sum, gamma, x.shape.length - 1, epsilon);
    return [y, undefined, undefined, output];
  },
};
