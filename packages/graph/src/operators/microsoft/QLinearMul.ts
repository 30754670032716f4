/** The product of two quantised tensors: the integer product as a float, requantised. */
import { requantised } from "../../lowering/quantisation.ts";
import { readQuantity, readScale, scaleOf, zeroOf, type Quantity } from "../../lowering/qlinear.ts";
import type { Value } from "@assay/vm";
import type { NodeCode } from "../../nodeCode.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearMul: Operator = {
  name: "QLinearMul",
  domain: MICROSOFT,
  inputs: [7, 8],
  absent: [2, 5],
  lower(node) {
    const [a, b] = [readQuantity(node, 0), readQuantity(node, 3)];
    const dtype = node.sameType(a.tensor, b.tensor);
    const y = readScale(node, 6, dtype);
    const centred = (code: NodeCode, element: Value, quantity: Quantity) => {
      const zero = zeroOf(code, quantity);
      return zero === undefined ? element : code.isub(element, zero);
    };
    return node.graph.elementwise(dtype, [a.tensor, b.tensor], (code, m, n) => {
      const product = code.imul(centred(code, m, a), centred(code, n, b));
      const scales = { x: scaleOf(code, a), w: scaleOf(code, b), y: scaleOf(code, y) };
      return requantised(code, dtype, product, scales, zeroOf(code, y));
    });
  },
};
