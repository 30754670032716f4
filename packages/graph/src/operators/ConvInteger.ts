/** Convolution of 8-bit integers less their zero points, in int32; padding counts as the zero point. */
import { DType } from "@assay/vm";
import { integerConvolution } from "../lowering/integerProduct.ts";
import { BYTES } from "../lowering/quantisation.ts";
import type { Operator } from "../operator.ts";

export const ConvInteger: Operator = {
  name: "ConvInteger",
  inputs: [2, 4],
  lower(node) {
    const [a, b] = [node.input(0, ...BYTES), node.input(1, ...BYTES)];
    const [zeroA, zeroB] = [node.optional(2, a.dtype), node.optional(3, b.dtype)];
    const product = integerConvolution(node, { a, zeroA, b, zeroB });
    return node.graph.reduce(
      DType.INT32,
      product.shape,
      product.reduction((_code, sum) => sum),
    );
  },
};
