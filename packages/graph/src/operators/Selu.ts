/** gamma x where x > 0, else gamma alpha (e^x - 1). */
import { expm1 } from "../functions/index.ts";
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const Selu: Operator = {
  name: "Selu",
  inputs: [1, 1],
  lower(node) {
    const alpha = node.attributes.float("alpha", 1.67326319217681884765625);
    const gamma = node.attributes.float("gamma", 1.05070102214813232421875);
    return applyUnary(node, (code, x) => {
      const curved = code.fmul(code.constantFloat(alpha), expm1(code, x));
      const value = code.select(code.fle(x, code.constant(0)), curved, x);
      return code.fmul(code.constantFloat(gamma), value);
    });
  },
};
