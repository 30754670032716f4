/** alpha x + beta, kept between 0 and 1. */
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const HardSigmoid: Operator = {
  name: "HardSigmoid",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 0.2);
    const beta = node.attributes.float("beta", 0.5);
    return applyUnary(node, (code, x) => {
      const line = code.ffma(code.constantFloat(alpha), x, code.constantFloat(beta));
      return code.fmax(code.fmin(line, code.constantFloat(1)), code.constant(0));
    });
  },
};
