/** alpha · log(1 + e^(beta x)). Of the first exporters of models; onnxruntime computes it. */
import { softplus } from "../lowering/composed.ts";
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const ParametricSoftplus: Operator = {
  name: "ParametricSoftplus",
  inputs: [1, 1],
  lower(node) {
    const [alpha, beta] = [node.attributes.float("alpha"), node.attributes.float("beta")];
    return applyUnary(node, (code, x) =>
      code.fmul(code.constantFloat(alpha), softplus(code, code.fmul(code.constantFloat(beta), x))),
    );
  },
};
