/** x where x ≥ 0, else alpha (e^x - 1). */
import { expm1 } from "../functions/index.ts";
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const Elu: Operator = {
  name: "Elu",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 1);
    return applyUnary(node, (code, x) => {
      const curved = code.fmul(code.constantFloat(alpha), expm1(code, x));
      return code.select(code.flt(x, code.constant(0)), curved, x);
    });
  },
};
