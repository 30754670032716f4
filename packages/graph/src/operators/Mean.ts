/** Mean of all inputs: their sum from the left ÷ their number. */
import type { Value } from "@assay/vm";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const Mean: Operator = {
  name: "Mean",
  inputs: [1, 8],
  lower(node) {
    const inputs = node.all(...FLOATS);
    const dtype = node.sameType(...inputs);
    return node.graph.elementwise(dtype, inputs, (code, ...elements: Value[]) => {
      const sum = elements.reduce((total, element) => code.fadd(total, element));
      return elements.length === 1 ? sum : code.fdiv(sum, code.constantFloat(elements.length));
    });
  },
};
