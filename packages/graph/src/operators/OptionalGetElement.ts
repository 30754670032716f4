/** A tensor that might have been absent: itself, for here every tensor is there. */
import type { Operator } from "../operator.ts";

export const OptionalGetElement: Operator = {
  name: "OptionalGetElement",
  inputs: [1, 1],
  lower: (node) => node.input(0),
};
