/** Ones on a diagonal, zeros elsewhere, in the shape of the input. */
import { isFloat } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";
import { elementType } from "../lowering/cast.ts";

export const EyeLike: Operator = {
  name: "EyeLike",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0);
    node.rank(x, 2, "the input");
    const k = node.attributes.int("k", 0);
    const type = elementType(node, node.attributes.int("dtype", x.dtype));
    return node.graph.map(type, x.shape, (code) => {
      const one = isFloat(type) ? code.constantFloat(1) : code.constant(1);
      const diagonal = code.isub(code.index(1), code.index(0));
      return code.select(code.ieq(diagonal, code.constantInt(k)), one, code.constant(0));
    });
  },
};
