/** Elements chosen along an axis, by an index for each place; negative ones count from the end, others outside give 0. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const GatherElements: Operator = {
  name: "GatherElements",
  inputs: [2, 2],
  moves: "first",
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64, DType.INT32);
    const axis = node.axis(node.attributes.int("axis", 0), data.shape.length);
    node.rank(indices, data.shape.length, "the indices");
    indices.shape.forEach((size, i) => {
      const [own, whole] = [size.constant, data.shape[i].constant];
      const fits =
        i === axis || size.equals(data.shape[i]) || (own !== undefined && whole !== undefined && own <= whole);
      check(fits, "SHAPE_MISMATCH", `axis ${i} of the indices, ${size}, is beyond ${data.shape[i]}`);
    });
    const size = data.shape[axis];
    return node.graph.map(data.dtype, indices.shape, (code) => {
      const index = code.read(indices, code.linear());
      const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.size(size)), index);
      const source = code.coordinates().map((at, i) => (i === axis ? wrapped : at));
      return code.readIf(code.within(wrapped, size), data, code.linearIndex(data.shape, source), node.outside);
    });
  },
};
