/**
 * Self-attention with its projections, as onnxruntime fuses it: queries, keys and values are input · weights + bias side by
 * side; past and present hold keys, then values.
 */
import { dotProduct } from "../../lowering/dot.ts";
import { MASK_TYPES } from "../../lowering/padding.ts";
import { attend } from "../../lowering/selfAttention.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const Attention: Operator = {
  name: "Attention",
  domain: MICROSOFT,
  inputs: [2, 7],
  outputs: 2,
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const weights = node.input(1, x.dtype);
    const bias = node.optional(2, x.dtype);
    node.rank(x, 3, "the input");
    node.rank(weights, 2, "the weights");
    node.equalSizes(x.shape[2], weights.shape[0], "rows of the weights");
    if (bias !== undefined) {
      node.rank(bias, 1, "the bias");
      node.equalSizes(bias.shape[0], weights.shape[1], "the bias");
    }
    const projected = node.graph.reduce(
      x.dtype,
      [x.shape[0], x.shape[1], weights.shape[1]],
      dotProduct({
        dtype: x.dtype,
        extent: x.shape[2],
        factors(code, r) {
          const [b, p, column] = code.coordinates();
          return [
            code.read(x, code.linearIndex(x.shape, [b, p, r])),
            code.read(weights, code.linearIndex(weights.shape, [r, column])),
          ];
        },
        final: (code, sum) => (bias === undefined ? sum : code.fadd(sum, code.read(bias, code.index(2)))),
      }),
    );
    return attend(node, projected, {
      padding: node.optional(3, ...MASK_TYPES),
      past: node.optional(4, x.dtype),
      bias: node.optional(5, x.dtype),
      shared: node.optional(6) !== undefined,
    });
  },
};
