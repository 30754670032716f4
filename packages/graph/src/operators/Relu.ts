/** max(x, +0): NaN stays NaN, -0 becomes +0. */
import { maximum } from "../lowering/arithmetic.ts";
import { FLOATS, SIGNED } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const Relu: Operator = {
  name: "Relu",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...FLOATS, ...SIGNED);
    return node.graph.elementwise(x.dtype, [x], (code, e) => maximum(code, x.dtype, e, code.constant(0)));
  },
};
