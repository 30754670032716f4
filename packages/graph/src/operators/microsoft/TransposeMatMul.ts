/** alpha · A·B over the last two axes, either transposed: the older name of FusedMatMul. */
import { fusedMatMul } from "../../lowering/fusedMatMul.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const TransposeMatMul: Operator = {
  name: "TransposeMatMul",
  domain: MICROSOFT,
  inputs: [2, 2],
  lower: (node) => fusedMatMul(node),
};
