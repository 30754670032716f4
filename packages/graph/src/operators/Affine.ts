/** alpha · x + beta, rounded once. Of the first exporters of models; onnxruntime computes it. */
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const Affine: Operator = {
  name: "Affine",
  inputs: [1, 1],
  lower(node) {
    const [alpha, beta] = [node.attributes.float("alpha", 1), node.attributes.float("beta", 0)];
    return applyUnary(node, (code, x) => code.ffma(code.constantFloat(alpha), x, code.constantFloat(beta)));
  },
};
