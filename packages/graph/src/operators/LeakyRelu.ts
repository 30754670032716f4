/** x where x ≥ 0, else alpha · x. */
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const LeakyRelu: Operator = {
  name: "LeakyRelu",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 0.01);
    return applyUnary(node, (code, x) => {
      const scaled = code.fmul(code.constantFloat(alpha), x);
      return code.select(code.flt(x, code.constant(0)), scaled, x);
    });
  },
};
