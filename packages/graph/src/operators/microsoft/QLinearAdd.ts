/** The sum of two quantised tensors as floats, quantised. */
import { elementOf, floatOf, readQuantity, readScale } from "../../lowering/qlinear.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearAdd: Operator = {
  name: "QLinearAdd",
  domain: MICROSOFT,
  inputs: [7, 8],
  absent: [2, 5],
  lower(node) {
    const [a, b] = [readQuantity(node, 0), readQuantity(node, 3)];
    const dtype = node.sameType(a.tensor, b.tensor);
    const y = readScale(node, 6, dtype);
    return node.graph.elementwise(dtype, [a.tensor, b.tensor], (code, m, n) =>
      elementOf(code, dtype, code.fadd(floatOf(code, m, a), floatOf(code, n, b)), y),
    );
  },
};
