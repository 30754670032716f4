/**
 * Convolution of quantised tensors, requantised: the integer sum plus the bias as a float, times (scale of X · scale of W) ÷
 * scale of Y, rounded half to even, plus the zero point, saturated. Scale and zero point of the kernel may differ by map.
 */
import { DType } from "@assay/vm";
import { integerConvolution } from "../lowering/integerProduct.ts";
import { BYTES, requantised } from "../lowering/quantisation.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const QLinearConv: Operator = {
  name: "QLinearConv",
  inputs: [8, 9],
  lower(node) {
    const [a, b, zeroY] = [0, 3, 7].map((index) => node.input(index, ...BYTES));
    const [scaleX, scaleW, scaleY] = [1, 4, 6].map((index) => node.input(index, ...FLOATS));
    const [zeroA, zeroB] = [node.input(2, a.dtype), node.input(5, b.dtype)];
    const bias = node.optional(8, DType.INT32);
    const product = integerConvolution(node, { a, zeroA, b, zeroB });
    if (bias !== undefined) {
      node.rank(bias, 1, "the bias");
      node.equalSizes(bias.shape[0], product.shape[1], "the bias");
    }
    const scales = [
      product.left(scaleX, "the scale of X"),
      product.right(scaleW, "the scale of W"),
      product.left(scaleY, "the scale of Y"),
      product.left(zeroY, "the zero point of Y"),
    ];
    return node.graph.reduce(
      zeroY.dtype,
      product.shape,
      product.reduction((code, sum) => {
        const [x, w, y, zero] = scales.map((read) => read(code));
        const total = bias === undefined ? sum : code.wrapi32(code.iadd(sum, code.read(bias, code.index(1))));
        return requantised(code, zeroY.dtype, total, { x, w, y }, zero);
      }),
    );
  },
};
