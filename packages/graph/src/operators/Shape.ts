/** The sizes of a tensor, from `start` to `end`. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { shapeTensor } from "../lowering/shapes.ts";
import type { Operator } from "../operator.ts";

export const Shape: Operator = {
  name: "Shape",
  inputs: [1, 1],
  lower(node) {
    const { shape } = node.input(0);
    const rank = shape.length;
    const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
    const [start, end] = [clamp(node.attributes.int("start", 0)), clamp(node.attributes.int("end", rank))];
    const sizes = shape.slice(start, end);
    return shapeTensor(node.graph, DType.INT64, [Dimension.constant(sizes.length)], sizes);
  },
};
