/** Layer normalisation over the last axis of the sum of two inputs and an optional bias; the fourth output is the sum. */
import { checkNoStatistics, skipSum } from "../../lowering/skip.ts";
import { meanAndVariance, normalised } from "../../lowering/softmax.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const SkipLayerNormalization: Operator = {
  name: "SkipLayerNormalization",
  domain: MICROSOFT,
  inputs: [3, 5],
  outputs: 4,
  lower(node) {
    const { graph } = node;
    const [x, skip, gamma] = [0, 1, 2].map((index) => node.input(index, ...FLOATS));
    const [beta, bias] = [node.optional(3, ...FLOATS), node.optional(4, ...FLOATS)];
    const dtype = node.sameType(x, skip, gamma, beta, bias);
    const epsilon = node.attributes.float("epsilon", 1e-12);
    checkNoStatistics(node);
    const { sum, output } = skipSum(node, x, skip, bias);
    const { mean, variance } = meanAndVariance(node, sum, [x.shape.length - 1]);
    const inputs = [sum, mean, variance, gamma, ...(beta ? [beta] : [])];
    const y = graph.elementwise(dtype, inputs, (code, e, m, v, s, b) => {
      const value = normalised(code, e, m, v, epsilon);
      return beta ? code.ffma(value, s, b) : code.fmul(value, s);
    });
    return [y, undefined, undefined, output];
  },
};
