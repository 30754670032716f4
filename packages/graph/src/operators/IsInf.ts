/** Whether x is infinite, of the signs asked for. */
import { DType } from "@assay/vm";
import { NEGATIVE_INFINITY, POSITIVE_INFINITY } from "../lowering/arithmetic.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const IsInf: Operator = {
  name: "IsInf",
  inputs: [1, 1],
  lower(node) {
    const [positive, negative] = [
      node.attributes.flag("detect_positive", true),
      node.attributes.flag("detect_negative", true),
    ];
    return node.graph.elementwise(DType.BOOL, [node.input(0, ...FLOATS)], (code, x) => {
      const above = positive ? code.feq(x, code.constant(POSITIVE_INFINITY)) : code.constant(0);
      const below = negative ? code.feq(x, code.constant(NEGATIVE_INFINITY)) : code.constant(0);
      return code.or(above, below);
    });
  },
};
