/** Slices of a tensor along an axis, chosen by indices; negative ones count from the end, others outside give 0. */
import { DType } from "@assay/vm";
import { constantShape, linearOf, placesOf, withKnown } from "../lowering/known.ts";
import type { Operator } from "../operator.ts";

export const Gather: Operator = {
  name: "Gather",
  inputs: [2, 2],
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64, DType.INT32);
    const axis = node.axis(node.attributes.int("axis", 0), data.shape.length);
    const size = data.shape[axis];
    const before = data.shape.slice(0, axis);
    const after = data.shape.slice(axis + 1);
    const shape = [...before, ...indices.shape, ...after];
    const value = node.graph.map(data.dtype, shape, (code) => {
      const place = code.coordinates();
      const at = place.slice(axis, axis + indices.shape.length);
      const index = code.read(indices, code.linearIndex(indices.shape, at));
      const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.size(size)), index);
      const source = [...place.slice(0, axis), wrapped, ...place.slice(axis + indices.shape.length)];
      return code.readIf(code.within(wrapped, size), data, code.linearIndex(data.shape, source));
    });

    const sizes = constantShape(data.shape);
    const chosen = constantShape(indices.shape);
    const result = constantShape(shape);
    if (data.known === undefined || indices.known === undefined || !sizes || !chosen || !result) return value;
    const known = [...placesOf(result)].map((place) => {
      const index = indices.known![linearOf(chosen, place.slice(axis, axis + chosen.length))].constant;
      if (index === undefined) return undefined;
      const wrapped = index < 0 ? index + sizes[axis] : index;
      if (wrapped < 0 || wrapped >= sizes[axis]) return undefined;
      return data.known![linearOf(sizes, [...place.slice(0, axis), wrapped, ...place.slice(axis + chosen.length)])];
    });
    return withKnown(value, known.every((element) => element !== undefined) ? known : undefined);
  },
};
