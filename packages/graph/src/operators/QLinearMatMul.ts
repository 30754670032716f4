/**
 * Matrix product of quantised tensors, requantised: the integer sum as a float, times (scale of A · scale of B) ÷ scale of
 * Y, rounded half to even, plus the zero point, saturated.
 */
import { integerMatrixProduct } from "../lowering/integerProduct.ts";
import { BYTES, requantised } from "../lowering/quantisation.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const QLinearMatMul: Operator = {
  name: "QLinearMatMul",
  inputs: [8, 8],
  lower(node) {
    const [a, b, zeroY] = [0, 3, 7].map((index) => node.input(index, ...BYTES));
    const [scaleA, scaleB, scaleY] = [1, 4, 6].map((index) => node.input(index, ...FLOATS));
    const [zeroA, zeroB] = [node.input(2, a.dtype), node.input(5, b.dtype)];
    const product = integerMatrixProduct(node, { a, zeroA, b, zeroB });
    const scales = [
      product.left(scaleA, "the scale of A"),
      product.right(scaleB, "the scale of B"),
      product.left(scaleY, "the scale of Y"),
      product.left(zeroY, "the zero point of Y"),
    ];
    return node.graph.reduce(
      zeroY.dtype,
      product.shape,
      product.reduction((code, sum) => {
        const [x, w, y, zero] = scales.map((read) => read(code));
        return requantised(code, zeroY.dtype, sum, { x, w, y }, zero);
      }),
    );
  },
};
