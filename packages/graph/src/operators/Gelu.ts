/** x Φ(x): with erf, or by the tanh formula. */
import { applyUnary } from "../lowering/unary.ts";
import { geluByErf, geluByTanh } from "../lowering/composed.ts";
import type { Operator } from "../operator.ts";

export const Gelu: Operator = {
  name: "Gelu",
  inputs: [1, 1],
  lower(node) {
    const mode = node.attributes.choice("approximate", ["none", "tanh"], "none");
    return applyUnary(node, mode === "none" ? geluByErf : geluByTanh);
  },
};
