/**
 * A tensor with some elements replaced by, or combined with, updates: each names its place along one axis. For every
 * element the updates along the axis are scanned in order.
 */
import { checkSameShape } from "../dimension.ts";
import { DType } from "@assay/vm";
import { readCombination } from "../lowering/scatter.ts";
import { accumulatorOf } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const ScatterElements: Operator = {
  name: "ScatterElements",
  inputs: [3, 3],
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64, DType.INT32);
    const updates = node.input(2, data.dtype);
    const axis = node.axis(node.attributes.int("axis", 0), data.shape.length);
    const combine = readCombination(node, data.dtype);
    node.rank(indices, data.shape.length, "the indices");
    checkSameShape(indices.shape, updates.shape, "indices and updates differ in shape");
    const size = data.shape[axis];
    return node.graph.reduce(data.dtype, data.shape, {
      extent: indices.shape[axis],
      accumulators: [accumulatorOf(data.dtype)],
      init: (code) => [code.read(data, code.linear())],
      step(code, [old]) {
        const place = code.coordinates();
        const source = place.map((at, i) => (i === axis ? code.step() : at));
        const from = code.linearIndex(indices.shape, source);
        const index = code.read(indices, from);
        const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.size(size)), index);
        let meant = code.ieq(wrapped, place[axis]);
        indices.shape.forEach((own, i) => {
          if (i !== axis && !own.equals(data.shape[i])) meant = code.and(meant, code.within(place[i], own));
        });
        return [code.select(meant, combine(code, old, code.read(updates, from)), old)];
      },
      final: (_code, [value]) => value,
    });
  },
};
