/** Slices of a tensor along an axis, chosen by indices; negative ones count from the end, others outside give 0. */
import { DType } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import { constantShape, linearOf, placesOf, withKnown } from "../lowering/known.ts";
import { cut } from "../lowering/moved.ts";
import type { Operator } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";

export const Gather: Operator = {
  name: "Gather",
  inputs: [2, 2],
  moves: "first",
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64, DType.INT32);
    const axis = node.axis(node.attributes.int("axis", 0), data.shape.length);
    const size = data.shape[axis];
    const before = data.shape.slice(0, axis);
    const after = data.shape.slice(axis + 1);
    const shape = [...before, ...indices.shape, ...after];
    const one = knownPlace(data, indices, size);
    if (one !== undefined) return withShape(cut(node.graph, data, axis, one, 1), shape);
    const value = node.graph.map(data.dtype, shape, (code) => {
      const place = code.coordinates();
      const at = place.slice(axis, axis + indices.shape.length);
      const index = code.read(indices, code.linearIndex(indices.shape, at));
      const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.size(size)), index);
      const source = [...place.slice(0, axis), wrapped, ...place.slice(axis + indices.shape.length)];
      return code.readIf(code.within(wrapped, size), data, code.linearIndex(data.shape, source), node.outside);
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

/** The one place that is gathered from what lies in earlier calls, or shows a cache, where it is a constant inside the axis. */
function knownPlace(data: TensorValue, indices: TensorValue, size: Dimension): number | undefined {
  if (data.source.kind !== "view" && data.part === undefined) return undefined;
  const [index, ...others] = indices.known ?? [];
  if (index?.constant === undefined || others.length > 0 || size.constant === undefined) return undefined;
  const place = index.constant < 0 ? index.constant + size.constant : index.constant;
  return place >= 0 && place < size.constant ? place : undefined;
}
