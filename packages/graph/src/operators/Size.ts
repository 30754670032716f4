/** The number of elements of a tensor. */
import { DType } from "@assay/vm";
import { countOf } from "../dimension.ts";
import { shapeTensor } from "../lowering/shapes.ts";
import type { Operator } from "../operator.ts";

export const Size: Operator = {
  name: "Size",
  inputs: [1, 1],
  lower: (node) => shapeTensor(node.graph, DType.INT64, [], [countOf(node.input(0).shape)]),
};
