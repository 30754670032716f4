/** Self-attention whose projections are of 8-bit integers: the integer product as a float times both scales, plus a bias. */
import { DType } from "@assay/vm";
import { MASK_TYPES } from "../../lowering/padding.ts";
import { BYTES, checkScalars } from "../../lowering/quantisation.ts";
import { scaledProduct } from "../../lowering/scaledProduct.ts";
import { attend } from "../../lowering/selfAttention.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QAttention: Operator = {
  name: "QAttention",
  domain: MICROSOFT,
  inputs: [5, 9],
  outputs: 2,
  lower(node) {
    const [x, weights] = [node.input(0, ...BYTES), node.input(1, ...BYTES)];
    const bias = node.input(2, DType.FLOAT32);
    const [scaleX, scaleW] = [node.input(3, DType.FLOAT32), node.input(4, DType.FLOAT32)];
    const [zeroX, zeroW] = [node.optional(6, x.dtype), node.optional(7, weights.dtype)];
    checkScalars("the scale or zero point of the input", scaleX, zeroX);
    node.rank(x, 3, "the input");
    node.rank(weights, 2, "the weights");
    const projected = scaledProduct(node, {
      operands: { a: x, zeroA: zeroX, b: weights, zeroB: zeroW },
      scaleA: scaleX,
      scaleB: scaleW,
      bias,
    });
    return attend(node, projected, {
      padding: node.optional(5, ...MASK_TYPES),
      past: node.optional(8, DType.FLOAT32),
    });
  },
};
