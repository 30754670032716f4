/** Elements of one quantised tensor where a condition holds, else of another, requantised to the scale of the result. */
import { DType } from "@assay/vm";
import { elementOf, floatOf, readQuantity, readScale } from "../../lowering/qlinear.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearWhere: Operator = {
  name: "QLinearWhere",
  domain: MICROSOFT,
  inputs: [9, 9],
  lower(node) {
    const condition = node.input(0, DType.BOOL);
    const [a, b] = [readQuantity(node, 1), readQuantity(node, 4)];
    const dtype = node.sameType(a.tensor, b.tensor);
    const y = readScale(node, 7, dtype);
    return node.graph.elementwise(dtype, [condition, a.tensor, b.tensor], (code, holds, m, n) =>
      elementOf(code, dtype, code.select(holds, floatOf(code, m, a), floatOf(code, n, b)), y),
    );
  },
};
