/** What is left of the fused self-attention operators once queries, keys and values are projected. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { constantSize, type NodeContext } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";
import { attention } from "./attention.ts";
import { concatenated } from "./concatenated.ts";
import { appended, byPosition, type Heads } from "./heads.ts";
import { cut } from "./moved.ts";
import { paddingMask } from "./padding.ts";

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
