/** (x - zero point) times scale, as onnxruntime has it. */
import { dequantize } from "../../lowering/linearQuantisation.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const DequantizeLinear: Operator = {
  name: "DequantizeLinear",
  domain: MICROSOFT,
  inputs: [2, 3],
  lower: dequantize,
};
