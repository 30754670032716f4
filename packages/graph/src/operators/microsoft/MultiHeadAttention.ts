/**
 * Attention over heads with a bias of the projections, padding, a bias of the scores, and keys and values of earlier calls,
 * as onnxruntime fuses it. Queries, keys and values come apart, as [batch, positions, heads, 3, size], or as queries and
 * [batch, positions, heads, 2, size].
 */
import { check } from "../../errors.ts";
import { attention } from "../../lowering/attention.ts";
import { appended, byHead, byPosition, heads4, plusBias, type Heads } from "../../lowering/heads.ts";
import { MASK_TYPES, paddingMask } from "../../lowering/padding.ts";
import { FLOATS } from "../../lowering/types.ts";
import { Dimension } from "../../dimension.ts";
import { constantSize, MICROSOFT, type NodeContext, type Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";

export const MultiHeadAttention: Operator = {
  name: "MultiHeadAttention",
  domain: MICROSOFT,
  inputs: [1, 10],
  outputs: 4,
  lower(node) {
    const { attributes, graph } = node;
    const count = attributes.int("num_heads");
    const { query, key, value } = readHeads(node, count);
    const padding = node.optional(4, ...MASK_TYPES);
    const bias = node.optional(5, query.dtype);
    const [pastKey, pastValue] = [node.optional(6, query.dtype), node.optional(7, query.dtype)];
    check((pastKey === undefined) === (pastValue === undefined), "BAD_ARITY", "past keys and values go together");
    const shared = node.optional(8) !== undefined || node.optional(9) !== undefined;
    check(!shared, "UNSUPPORTED", "a cache shared between past and present, or by beams");
    const wanted = (index: number) => (node.outputs[index] ?? "") !== "";
    const [keys, presentKey] = appended(node, materialised(node, key, pastKey), pastKey, wanted(1));
    const [values, presentValue] = appended(node, materialised(node, value, pastValue), pastValue, wanted(2));
    const past = pastKey?.shape[2] ?? Dimension.constant(0);
    const size = constantSize(query.size, "the size of a head");
    const given = attributes.float("scale", 0);
    const result = attention(graph, {
      dtype: query.dtype,
      query: byHead(node, heads4(graph, query), "the query"),
      key: keys,
      value: values,
      scale: { sum: given === 0 ? Math.fround(1 / Math.fround(Math.sqrt(size))) : given },
      ...paddingMask(node, query, keys, past, { padding, bias, causal: attributes.flag("unidirectional", false) }),
      headsFirst: false,
    });
    check(!wanted(3), "UNSUPPORTED", "scores as an output");
    return [result.output, presentKey, presentValue];
  },
};

/** With a bias the heads become a tensor, so that it is added once and not for every query. */
function materialised(node: NodeContext, heads: Heads, past: TensorValue | undefined): Heads {
  return past === undefined ? byHead(node, heads4(node.graph, heads), "a key or value") : heads;
}

function readHeads(node: NodeContext, count: number): { query: Heads; key: Heads; value: Heads } {
  const query = node.input(0, ...FLOATS);
  const [key, value] = [node.optional(1, query.dtype), node.optional(2, query.dtype)];
  const bias = node.optional(3, query.dtype);
  if (bias !== undefined) node.rank(bias, 1, "the bias");
  if (key === undefined) {
    const [q, k, v] = [0, 1, 2].map((part) => interleaved(node, query, part, 3, "the query"));
    const hidden = q.size.mul(count);
    node.equalSizes(q.heads, count, "heads of the query");
    if (bias !== undefined) node.equalSizes(bias.shape[0], hidden.mul(3), "the bias");
    return {
      query: plusBias(q, bias, 0),
      key: plusBias(k, bias, hidden),
      value: plusBias(v, bias, hidden.mul(2)),
    };
  }
  const q = byPosition(node, query, count, "the query");
  const pairs = value === undefined;
  const fromHeads = (tensor: TensorValue, what: string) =>
    tensor.shape.length === 4 ? byHead(node, tensor, what) : byPosition(node, tensor, count, what);
  const k = pairs ? interleaved(node, key, 0, 2, "the key") : fromHeads(key, "the key");
  const v = pairs ? interleaved(node, key, 1, 2, "the key") : fromHeads(value, "the value");
  const hidden = q.size.mul(count);
  if (bias !== undefined) node.equalSizes(bias.shape[0], hidden.mul(2).add(v.size.mul(count)), "the bias");
  // Keys and values by head are those of another call, to which their bias was added then.
  const added = (heads: Heads, tensor: TensorValue | undefined, offset: Dimension) =>
    tensor?.shape.length === 4 ? heads : plusBias(heads, bias, offset);
  return {
    query: plusBias(q, bias, 0),
    key: added(k, key, hidden),
    value: added(v, value, hidden.mul(2)),
  };
}

/** One of `parts` heads that lie beside each other: [batch, positions, heads, parts, size]. */
function interleaved(node: NodeContext, tensor: TensorValue, part: number, parts: number, what: string): Heads {
  node.rank(tensor, 5, what);
  const [batch, positions, heads, count, size] = tensor.shape;
  node.equalSizes(count, parts, `axis 3 of ${what}`);
  return {
    dtype: tensor.dtype,
    batch,
    heads: constantSize(heads, `the number of heads of ${what}`),
    positions,
    size,
    read: (code, b, h, p, column) =>
      code.read(tensor, code.linearIndex(tensor.shape, [b, p, h, code.constant(part), column])),
  };
}
