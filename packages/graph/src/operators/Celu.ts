/** x where x ≥ 0, else alpha (e^(x / alpha) - 1). */
import { expm1 } from "../functions/index.ts";
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const Celu: Operator = {
  name: "Celu",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 1);
    return applyUnary(node, (code, x) => {
      const scaled = alpha === 1 ? x : code.fdiv(x, code.constantFloat(alpha));
      const curved = code.fmul(code.constantFloat(alpha), expm1(code, scaled));
      return code.select(code.flt(x, code.constant(0)), curved, x);
    });
  },
};
