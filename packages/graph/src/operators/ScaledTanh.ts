/** alpha · tanh(beta x). Of the first exporters of models; onnxruntime computes it. */
import { tanh } from "../functions/index.ts";
import { applyUnary } from "../lowering/unary.ts";
import type { Operator } from "../operator.ts";

export const ScaledTanh: Operator = {
  name: "ScaledTanh",
  inputs: [1, 1],
  lower(node) {
    const [alpha, beta] = [node.attributes.float("alpha"), node.attributes.float("beta")];
    return applyUnary(node, (code, x) =>
      code.fmul(code.constantFloat(alpha), tanh(code, code.fmul(code.constantFloat(beta), x))),
    );
  },
};
