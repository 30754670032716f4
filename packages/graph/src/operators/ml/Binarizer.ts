/** 1 above the threshold, 0 elsewhere. */
import { less } from "../../lowering/arithmetic.ts";
import { isFloat, NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const Binarizer: Operator = {
  name: "Binarizer",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...NUMBERS);
    const threshold = node.attributes.float("threshold", 0);
    return node.graph.elementwise(x.dtype, [x], (code, element) => {
      if (!isFloat(x.dtype)) return less(code, x.dtype, code.constantInt(Math.floor(threshold)), element);
      const above = code.flt(code.constantFloat(threshold), element);
      return code.select(above, code.constantFloat(1), code.constant(0));
    });
  },
};
