/** (x - mean) ÷ √(variance + epsilon) · scale + bias over the axes from `axis` on; the variance is two-pass. */
import { DType } from "@assay/vm";
import { sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { meanAndVariance, normalised } from "../lowering/softmax.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const LayerNormalization: Operator = {
  name: "LayerNormalization",
  inputs: [2, 3],
  outputs: 3,
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    const [scale, bias] = [node.input(1, ...FLOATS), node.optional(2, ...FLOATS)];
    const dtype = node.sameType(x, scale, bias);
    const axis = node.axis(attributes.int("axis", -1), x.shape.length);
    const epsilon = attributes.float("epsilon", 1e-5);
    check(attributes.int("stash_type", 1) === 1, "UNSUPPORTED", "a stash type other than float32");
    for (const value of [scale, bias]) {
      const fits = value === undefined || sameShape(broadcastShape([x.shape, value.shape]), x.shape);
      check(fits, "SHAPE_MISMATCH", "scale or bias does not broadcast to x");
    }
    const reduced = x.shape.map((_, i) => i).slice(axis);
    const { mean, variance } = meanAndVariance(node, x, reduced);
    const inputs = [x, mean, variance, scale, ...(bias ? [bias] : [])];
    const y = graph.elementwise(dtype, inputs, (code, e, m, v, s, b) => {
      const value = normalised(code, e, m, v, epsilon);
      return bias ? code.ffma(value, s, b) : code.fmul(value, s);
    });
    const inverse = graph.elementwise(DType.FLOAT32, [variance], (code, v) =>
      code.fdiv(code.constantFloat(1), code.fsqrt(code.fadd(v, code.constantFloat(epsilon)))),
    );
    return [y, mean, inverse];
  },
};
