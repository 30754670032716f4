/** Matrix product of 8-bit integers less their zero points, as a float times (scale of A · scale of B), plus a bias. */
import { DType } from "@assay/vm";
import { scaledProduct } from "../../lowering/scaledProduct.ts";
import { BYTES } from "../../lowering/quantisation.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const MatMulIntegerToFloat: Operator = {
  name: "MatMulIntegerToFloat",
  domain: MICROSOFT,
  inputs: [4, 7],
  lower(node) {
    const [a, b] = [node.input(0, ...BYTES), node.input(1, ...BYTES)];
    const [scaleA, scaleB] = [node.input(2, DType.FLOAT32), node.input(3, DType.FLOAT32)];
    return scaledProduct(node, {
      operands: { a, zeroA: node.optional(4, a.dtype), b, zeroB: node.optional(5, b.dtype) },
      scaleA,
      scaleB,
      bias: node.optional(6, DType.FLOAT32),
    });
  },
};
