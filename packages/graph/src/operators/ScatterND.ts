/**
 * A tensor with some slices replaced by, or combined with, updates: each names its place by an index tuple. For every
 * element the updates are scanned in order.
 */
import { DType } from "@assay/vm";
import { checkSameShape, countOf } from "../dimension.ts";
import { check } from "../errors.ts";
import { readCombination } from "../lowering/scatter.ts";
import { accumulatorOf } from "../lowering/types.ts";
import { constantSize, type Operator } from "../operator.ts";

export const ScatterND: Operator = {
  name: "ScatterND",
  inputs: [3, 3],
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64);
    const updates = node.input(2, data.dtype);
    const combine = readCombination(node, data.dtype);
    const rank = indices.shape.length;
    check(rank >= 1, "SHAPE_MISMATCH", "the indices are a scalar");
    const tuple = constantSize(indices.shape[rank - 1], "the length of an index tuple");
    check(tuple >= 1 && tuple <= data.shape.length, "SHAPE_MISMATCH", `tuples of ${tuple} indices`);
    check(tuple <= 6, "UNSUPPORTED", `tuples of ${tuple} indices`);
    const outer = indices.shape.slice(0, -1);
    const inner = data.shape.slice(tuple);
    checkSameShape(updates.shape, [...outer, ...inner], "the updates do not fit the indices");
    return node.graph.reduce(data.dtype, data.shape, {
      extent: countOf(outer),
      accumulators: [accumulatorOf(data.dtype)],
      init: (code) => [code.read(data, code.linear())],
      step(code, [old]) {
        const place = code.coordinates();
        const r = code.step();
        let meant = code.constant(1);
        for (let k = 0; k < tuple; k++) {
          const index = code.read(indices, code.plus(code.times(r, tuple), k));
          const size = code.size(data.shape[k]);
          const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, size), index);
          meant = code.and(meant, code.ieq(wrapped, place[k]));
        }
        const within = code.linearIndex(inner, place.slice(tuple));
        const update = code.read(updates, code.iadd(code.times(r, countOf(inner)), within));
        return [code.select(meant, combine(code, old, update), old)];
      },
      final: (_code, [value]) => value,
    });
  },
};
