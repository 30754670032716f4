/**
 * x ÷ scale, rounded half to even, plus the zero point, saturated: per tensor, per slice of an axis or per block. The
 * quotient is rounded to the type of the scale, or to `precision`.
 */
import { quantize } from "../lowering/linearQuantisation.ts";
import type { Operator } from "../operator.ts";

export const QuantizeLinear: Operator = {
  name: "QuantizeLinear",
  inputs: [2, 3],
  lower(node) {
    // Only float8, which Assay does not have, can do without saturation.
    if (node.opset >= 19) node.attributes.flag("saturate", true);
    return quantize(node);
  },
};
