/** a shifted by b places, of unsigned integers; past the width it gives 0. */
import { DType } from "@assay/vm";
import { UNSIGNED } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const BitShift: Operator = {
  name: "BitShift",
  inputs: [2, 2],
  lower(node) {
    const [a, b] = [node.input(0, ...UNSIGNED), node.input(1, ...UNSIGNED)];
    const dtype: DType = node.sameType(a, b);
    const left = node.attributes.choice("direction", ["LEFT", "RIGHT"], "LEFT") === "LEFT";
    return node.graph.elementwise(dtype, [a, b], (code, x, places) =>
      left ? code.wrapped(dtype, code.shl(x, places)) : code.ushr(x, places),
    );
  },
};
