/** Quantisation to uint8 by the range of the values, with the scale and the zero point that follow from it. */
import { DType } from "@assay/vm";
import { dynamicallyQuantised } from "../lowering/dynamicQuantisation.ts";
import type { Operator } from "../operator.ts";

export const DynamicQuantizeLinear: Operator = {
  name: "DynamicQuantizeLinear",
  inputs: [1, 1],
  outputs: 3,
  lower(node) {
    const { y, scale, zero } = dynamicallyQuantised(node, node.input(0, DType.FLOAT32));
    return [y, scale, zero];
  },
};
