/**
 * The sum of rows chosen from embeddings of words, positions and segments, normalised over its columns; with how many places
 * of each row a mask leaves.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { meanAndVariance, normalised } from "../../lowering/softmax.ts";
import { FLOATS } from "../../lowering/types.ts";
import type { NodeCode } from "../../nodeCode.ts";
import { MICROSOFT, type NodeContext, type Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";

export const EmbedLayerNormalization: Operator = {
  name: "EmbedLayerNormalization",
  domain: MICROSOFT,
  inputs: [7, 9],
  absent: [1, 4],
  outputs: 3,
  lower(node) {
    const { graph, attributes } = node;
    const ids = node.input(0, DType.INT32);
    const segments = node.optional(1, DType.INT32);
    const words = node.input(2, ...FLOATS);
    const positions = node.input(3, words.dtype);
    const segmentRows = node.optional(4, words.dtype);
    const [gamma, beta] = [node.input(5, words.dtype), node.input(6, words.dtype)];
    const mask = node.optional(7, DType.INT32);
    const places = node.optional(8, DType.INT32);
    const epsilon = attributes.float("epsilon", 1e-12);
    attributes.int("mask_index_type", 0);
    node.rank(ids, 2, "input_ids");
    const [batch, length] = ids.shape;
    const columns = words.shape[1] ?? Dimension.constant(0);
    for (const table of [words, positions, segmentRows]) {
      if (table === undefined) continue;
      node.rank(table, 2, "an embedding");
      node.equalSizes(table.shape[1], columns, "columns of an embedding");
    }
    for (const value of [gamma, beta]) {
      node.rank(value, 1, "gamma or beta");
      node.equalSizes(value.shape[0], columns, "gamma or beta");
    }
    for (const value of [segments, mask]) if (value !== undefined) checkPlaces(node, value, ids, false);
    if (places !== undefined) checkPlaces(node, places, ids, true);

    const row = (code: NodeCode, table: TensorValue, index: Value) =>
      code.readIf(code.within(index, table.shape[0]), table, code.linearIndex(table.shape, [index, code.index(2)]));
    const sum = graph.map(DType.FLOAT32, [batch, length, columns], (code) => {
      const [b, s] = code.coordinates();
      const at = (value: TensorValue) =>
        code.read(value, code.linearIndex(value.shape, [value.shape[0].equals(1) ? undefined : b, s]));
      const own = code.fadd(row(code, words, at(ids)), row(code, positions, places === undefined ? s : at(places)));
      if (segmentRows === undefined || segments === undefined) return own;
      return code.fadd(own, row(code, segmentRows, at(segments)));
    });
    const { mean, variance } = meanAndVariance(node, sum, [2]);
    const y = graph.elementwise(words.dtype, [sum, mean, variance, gamma, beta], (code, e, m, v, s, b) =>
      code.ffma(normalised(code, e, m, v, epsilon), s, b),
    );
    const kept = graph.reduce(DType.INT32, [batch], {
      extent: mask === undefined ? Dimension.constant(0) : length,
      accumulators: [DType.INT32],
      init: (code) => [code.constant(0)],
      step(code, [count]) {
        if (mask === undefined) return [count];
        const flag = code.read(mask, code.linearIndex(mask.shape, [code.index(0), code.step()]));
        return [code.iadd(count, code.ieq(flag, code.constant(1)))];
      },
      final: (_code, [count]) => count,
    });
    const total =
      words.dtype === DType.FLOAT32 ? sum : graph.elementwise(words.dtype, [sum], (_code, element) => element);
    return [y, kept, total];
  },
};

function checkPlaces(node: NodeContext, value: TensorValue, ids: TensorValue, shared: boolean): void {
  node.rank(value, 2, "an input of places");
  if (!(shared && value.shape[0].equals(1))) node.equalSizes(value.shape[0], ids.shape[0], "rows of an input");
  node.equalSizes(value.shape[1], ids.shape[1], "columns of an input");
}
