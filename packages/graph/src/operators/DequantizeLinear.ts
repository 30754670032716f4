/** (x - zero point) times scale: per tensor, per slice of an axis or per block. */
import { dequantize } from "../lowering/linearQuantisation.ts";
import type { Operator } from "../operator.ts";

export const DequantizeLinear: Operator = {
  name: "DequantizeLinear",
  inputs: [2, 3],
  lower: dequantize,
};
