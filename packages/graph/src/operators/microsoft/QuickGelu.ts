/** x · sigmoid(alpha x). */
import { swish } from "../../lowering/composed.ts";
import { applyUnary } from "../../lowering/unary.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QuickGelu: Operator = {
  name: "QuickGelu",
  domain: MICROSOFT,
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 1.702);
    return applyUnary(node, (code, x) => swish(code, x, alpha));
  },
};
