/** onnxruntime's Gemm with the activation that follows it. */
import { fusedActivation } from "../../lowering/fusedActivation.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";
import { Gemm } from "../Gemm.ts";

export const FusedGemm: Operator = {
  name: "FusedGemm",
  domain: MICROSOFT,
  inputs: [2, 3],
  lower(node) {
    const { attributes, graph } = node;
    const numbers = ["activation_alpha", "activation_beta"].flatMap((name) => attributes.float(name, undefined) ?? []);
    attributes.float("activation_gamma", 0);
    const activation = fusedActivation(attributes.string("activation", ""), numbers);
    const product = Gemm.lower(node) as TensorValue;
    return graph.elementwise(product.dtype, [product], (code, x) => activation(code, x));
  },
};
