/** x where x > alpha, else 0. */
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const ThresholdedRelu: Operator = {
  name: "ThresholdedRelu",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 1);
    return applyUnary(node, (code, x) => {
      return code.select(code.flt(code.constantFloat(alpha), x), x, code.constant(0));
    });
  },
};
