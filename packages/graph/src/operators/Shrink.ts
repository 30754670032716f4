/** x + bias below -lambd, x - bias above lambd, 0 between. */
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const Shrink: Operator = {
  name: "Shrink",
  inputs: [1, 1],
  lower(node) {
    const [bias, limit] = [node.attributes.float("bias", 0), node.attributes.float("lambd", 0.5)];
    return applyUnary(node, (code, x) => {
      const shift = code.constantFloat(bias);
      const above = code.select(code.flt(code.constantFloat(limit), x), code.fsub(x, shift), code.constant(0));
      return code.select(code.flt(x, code.constantFloat(-limit)), code.fadd(x, shift), above);
    });
  },
};
