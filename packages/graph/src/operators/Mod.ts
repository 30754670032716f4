/** Remainder: with the divisor's sign, or with fmod=1 the dividend's; integers by 0 give 0. Floats need fmod=1 and are exact. */
import { fmod } from "../functions/index.ts";
import { isFloat, isUnsigned, NUMBERS } from "../lowering/types.ts";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const Mod: Operator = {
  name: "Mod",
  inputs: [2, 2],
  lower(node) {
    const [a, b] = [node.input(0, ...NUMBERS), node.input(1, ...NUMBERS)];
    const dtype = node.sameType(a, b);
    const truncated = node.attributes.flag("fmod", false);
    check(truncated || !isFloat(dtype), "BAD_ATTRIBUTE", "floats need fmod=1");
    return node.graph.elementwise(dtype, [a, b], (code, x, y) => {
      if (isFloat(dtype)) return fmod(code, x, y);
      if (isUnsigned(dtype)) return code.urem(x, y);
      return truncated ? code.irem(x, y) : code.imod(x, y);
    });
  },
};
