/** Remainder: with the divisor's sign, or with fmod=1 the dividend's; by 0 gives 0. Floats need fmod=1. */
import { DType } from "@assay/vm";
import { isUnsigned, INTEGERS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const Mod: Operator = {
  name: "Mod",
  inputs: [2, 2],
  lower(node) {
    const [a, b] = [node.input(0, ...INTEGERS), node.input(1, ...INTEGERS)];
    const dtype: DType = node.sameType(a, b);
    const truncated = node.attributes.flag("fmod", false);
    return node.graph.elementwise(dtype, [a, b], (code, x, y) => {
      if (isUnsigned(dtype)) return code.urem(x, y);
      return truncated ? code.irem(x, y) : code.imod(x, y);
    });
  },
};
