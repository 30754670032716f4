/** Whether an input is there: known at import. */
import { DType } from "@assay/vm";
import type { Operator } from "../operator.ts";
import { splat } from "../tensorValue.ts";

export const OptionalHasElement: Operator = {
  name: "OptionalHasElement",
  inputs: [0, 1],
  lower: (node) => splat(DType.BOOL, [], node.optional(0) === undefined ? 0 : 1),
};
