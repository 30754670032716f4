/** Slices of a tensor chosen by index tuples; negative indices count from the end, tuples outside give 0. */
import { DType, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import { constantSize, type Operator } from "../operator.ts";

export const GatherND: Operator = {
  name: "GatherND",
  inputs: [2, 2],
  moves: "first",
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64);
    const batch = node.attributes.int("batch_dims", 0);
    const rank = indices.shape.length;
    check(rank >= 1, "SHAPE_MISMATCH", "the indices are a scalar");
    const tuple = constantSize(indices.shape[rank - 1], "the length of an index tuple");
    const fits = batch >= 0 && batch < rank && tuple >= 1 && batch + tuple <= data.shape.length;
    check(fits, "SHAPE_MISMATCH", `tuples of ${tuple} after ${batch} batch axes of rank ${data.shape.length}`);
    check(tuple <= 6, "UNSUPPORTED", `tuples of ${tuple} indices`);
    for (let axis = 0; axis < batch; axis++)
      node.equalSizes(data.shape[axis], indices.shape[axis], `batch axis ${axis}`);
    const shape = [...indices.shape.slice(0, -1), ...data.shape.slice(batch + tuple)];
    return node.graph.map(data.dtype, shape, (code) => {
      const place = code.coordinates();
      const outer = place.slice(0, rank - 1);
      let inside: Value | undefined;
      const chosen = Array.from({ length: tuple }, (_, k) => {
        const index = code.read(indices, code.linearIndex(indices.shape, [...outer, code.constant(k)]));
        const size = data.shape[batch + k];
        const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.size(size)), index);
        const within = code.within(wrapped, size);
        inside = inside === undefined ? within : code.and(inside, within);
        return wrapped;
      });
      const source = [...place.slice(0, batch), ...chosen, ...place.slice(rank - 1)];
      return code.readIf(inside!, data, code.linearIndex(data.shape, source), node.outside);
    });
  },
};
