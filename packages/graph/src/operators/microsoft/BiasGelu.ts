/** x/2 (1 + erf(x / √2)), of x plus a bias. */
import { geluByErf } from "../../lowering/composed.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const BiasGelu: Operator = {
  name: "BiasGelu",
  domain: MICROSOFT,
  inputs: [2, 2],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const bias = node.input(1, x.dtype);
    return node.graph.elementwise(x.dtype, [x, bias], (code, element, shift) =>
      geluByErf(code, code.fadd(element, shift)),
    );
  },
};
