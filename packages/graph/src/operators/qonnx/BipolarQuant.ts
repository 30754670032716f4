/** The scale where x is 0 or more, minus the scale elsewhere. */
import { DType } from "@assay/vm";
import { plusOrMinusOne, QONNX, readQuantised } from "../../lowering/qonnx.ts";
import type { Operator } from "../../operator.ts";

export const BipolarQuant: Operator = {
  name: "BipolarQuant",
  domain: QONNX,
  inputs: [2, 2],
  lower(node) {
    const { x, scale } = readQuantised(node);
    return node.graph.elementwise(DType.FLOAT32, [x, scale], (code, element, s) =>
      code.fmul(plusOrMinusOne(code, element), s),
    );
  },
};
