/** alpha · A·B over the last two axes, either transposed, or with its first axis moved behind the batch's. */
import { fusedMatMul } from "../../lowering/fusedMatMul.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const FusedMatMul: Operator = {
  name: "FusedMatMul",
  domain: MICROSOFT,
  inputs: [2, 2],
  lower: (node) => fusedMatMul(node),
};
