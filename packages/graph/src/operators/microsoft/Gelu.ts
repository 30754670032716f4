/** x/2 (1 + erf(x / √2)), as onnxruntime has it. */
import { geluByErf } from "../../lowering/composed.ts";
import { applyUnary } from "../../lowering/unary.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const Gelu: Operator = {
  name: "Gelu",
  domain: MICROSOFT,
  inputs: [1, 1],
  lower: (node) => applyUnary(node, geluByErf),
};
