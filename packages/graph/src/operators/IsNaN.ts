/** Whether x is not a number. */
import { DType } from "@assay/vm";
import { isNaN } from "../lowering/arithmetic.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const IsNaN: Operator = {
  name: "IsNaN",
  inputs: [1, 1],
  lower: (node) => node.graph.elementwise(DType.BOOL, [node.input(0, ...FLOATS)], isNaN),
};
