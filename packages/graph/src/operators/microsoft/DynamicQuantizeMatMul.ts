/** A float matrix, quantised by its range, times an 8-bit one: the integer product as a float times both scales, plus a bias. */
import { DType } from "@assay/vm";
import { dynamicallyQuantised } from "../../lowering/dynamicQuantisation.ts";
import { BYTES } from "../../lowering/quantisation.ts";
import { scaledProduct } from "../../lowering/scaledProduct.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const DynamicQuantizeMatMul: Operator = {
  name: "DynamicQuantizeMatMul",
  domain: MICROSOFT,
  inputs: [3, 5],
  lower(node) {
    const x = node.input(0, DType.FLOAT32);
    const b = node.input(1, ...BYTES);
    const { y, scale, zero } = dynamicallyQuantised(node, x);
    return scaledProduct(node, {
      operands: { a: y, zeroA: zero, b, zeroB: node.optional(3, b.dtype) },
      scaleA: scale,
      scaleB: node.input(2, DType.FLOAT32),
      bias: node.optional(4, DType.FLOAT32),
    });
  },
};
