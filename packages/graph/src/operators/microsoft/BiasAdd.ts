/** A tensor plus a bias by column, plus a tensor of its own shape. */
import { checkSameShape } from "../../dimension.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const BiasAdd: Operator = {
  name: "BiasAdd",
  domain: MICROSOFT,
  inputs: [3, 3],
  lower(node) {
    const [x, bias, skip] = [0, 1, 2].map((index) => node.input(index, ...FLOATS));
    const dtype = node.sameType(x, bias, skip);
    node.rank(bias, 1, "the bias");
    node.equalSizes(bias.shape[0], x.shape.at(-1) ?? 0, "the bias");
    checkSameShape(skip.shape, x.shape, "skip has not the shape of the input");
    return node.graph.elementwise(dtype, [x, bias, skip], (code, e, b, s) => code.fadd(code.fadd(e, b), s), x.shape);
  },
};
