/**
 * Self-attention with its projections, as onnxruntime fuses it: queries, keys and values are input · weights + bias side by
 * side; past and present hold keys, then values.
 */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { attention } from "../lowering/attention.ts";
import { dotProduct } from "../lowering/dot.ts";
import { concatenated } from "../lowering/concatenated.ts";
import { appended, byPosition, type Heads } from "../lowering/heads.ts";
import { cut } from "../lowering/moved.ts";
import { MASK_TYPES, paddingMask } from "../lowering/padding.ts";
import { FLOATS } from "../lowering/types.ts";
import { constantSize, MICROSOFT, type NodeContext, type Operator } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";

export const MicrosoftAttention: Operator = {
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

/** Attention over projections [batch, positions, queries ‖ keys ‖ values], with the attributes of the fused operators. */
export function attend(
  node: NodeContext,
  projected: TensorValue,
  given: {
    padding: TensorValue | undefined;
    past: TensorValue | undefined;
    bias?: TensorValue | undefined;
    shared?: boolean;
  },
): (TensorValue | undefined)[] {
  const { attributes, graph } = node;
  const count = attributes.int("num_heads");
  const total = constantSize(projected.shape[2], "the columns of the weights");
  const sizes = attributes.ints("qkv_hidden_sizes", undefined) ?? [total / 3, total / 3, total / 3];
  const fits = sizes.length === 3 && sizes.every((size) => Number.isInteger(size) && size > 0);
  check(fits && sizes[0] + sizes[1] + sizes[2] === total, "BAD_ATTRIBUTE", `qkv_hidden_sizes of ${total} columns`);
  const sharing = given.shared || attributes.flag("past_present_share_buffer", false);
  check(!sharing, "UNSUPPORTED", "a cache shared between past and present");
  check(!attributes.flag("do_rotary", false), "UNSUPPORTED", "rotary embedding inside Attention");
  attributes.int("rotary_embedding_dim", 0);
  let offset = 0;
  const [query, key, value] = sizes.map((size): Heads => {
    const heads = byPosition(node, projected, count, "a projection", Dimension.constant(size), offset);
    offset += size;
    return heads;
  });
  const [pastKey, pastValue] = given.past === undefined ? [] : halves(node, given.past, key);
  const wanted = (node.outputs[1] ?? "") !== "";
  const [keys, presentKey] = appended(node, key, pastKey, wanted);
  const [values, presentValue] = appended(node, value, pastValue, wanted);
  const scale = attributes.float("scale", 0);
  const size = constantSize(query.size, "the size of a head");
  const { output } = attention(graph, {
    dtype: projected.dtype,
    query,
    key: keys,
    value: values,
    scale: { sum: scale === 0 ? Math.fround(1 / Math.fround(Math.sqrt(size))) : scale },
    ...paddingMask(node, query, keys, pastKey?.shape[2] ?? Dimension.constant(0), {
      padding: given.padding,
      bias: given.bias,
      causal: attributes.flag("unidirectional", false),
    }),
    headsFirst: false,
  });
  if (!wanted) return [output];
  const stacked = [presentKey!, presentValue!].map((tensor) =>
    withShape(tensor, [Dimension.constant(1), ...tensor.shape]),
  );
  return [output, concatenated(graph, 0, stacked)];
}

/** Past keys and past values of one tensor [2, batch, heads, positions, size]. */
function halves(node: NodeContext, past: TensorValue, key: Heads): [TensorValue, TensorValue] {
  node.rank(past, 5, "the past");
  node.equalSizes(past.shape[0], 2, "keys and values of the past");
  const [, ...shape] = past.shape;
  const [first, second] = [0, 1].map((half) => withShape(cut(node.graph, past, 0, half, 1), shape));
  node.equalSizes(shape[1], key.heads, "heads of the past");
  return [first, second];
}
