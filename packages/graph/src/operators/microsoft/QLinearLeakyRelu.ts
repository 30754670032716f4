/** x where x ≥ 0, else alpha · x, of a quantised tensor, quantised. */
import { applyQuantised } from "../../lowering/qlinear.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearLeakyRelu: Operator = {
  name: "QLinearLeakyRelu",
  domain: MICROSOFT,
  inputs: [4, 5],
  absent: [2],
  lower(node) {
    const alpha = node.attributes.float("alpha", 0.01);
    return applyQuantised(node, (code, x) => {
      const scaled = code.fmul(code.constantFloat(alpha), x);
      return code.select(code.flt(x, code.constant(0)), scaled, x);
    });
  },
};
