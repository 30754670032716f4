/** x · sigmoid(alpha x). */
import { swish } from "../lowering/composed.ts";
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const Swish: Operator = {
  name: "Swish",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 1);
    return applyUnary(node, (code, x) => swish(code, x, alpha));
  },
};
