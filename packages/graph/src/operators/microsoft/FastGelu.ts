/** x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), of x plus an optional bias. */
import { geluByTanh } from "../../lowering/composed.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const FastGelu: Operator = {
  name: "FastGelu",
  domain: MICROSOFT,
  inputs: [1, 2],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const bias = node.optional(1, x.dtype);
    const inputs = bias ? [x, bias] : [x];
    return node.graph.elementwise(x.dtype, inputs, (code, element, shift) =>
      geluByTanh(code, bias ? code.fadd(element, shift) : element),
    );
  },
};
