/** x ÷ scale, rounded half to even, plus the zero point, saturated, as onnxruntime has it. */
import { quantize } from "../../lowering/linearQuantisation.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QuantizeLinear: Operator = {
  name: "QuantizeLinear",
  domain: MICROSOFT,
  inputs: [2, 3],
  lower: quantize,
};
