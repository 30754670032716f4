/** The sigmoid of a quantised tensor, quantised. */
import { sigmoid } from "../../functions/index.ts";
import { applyQuantised } from "../../lowering/qlinear.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearSigmoid: Operator = {
  name: "QLinearSigmoid",
  domain: MICROSOFT,
  inputs: [4, 5],
  absent: [2],
  lower: (node) => applyQuantised(node, sigmoid),
};
