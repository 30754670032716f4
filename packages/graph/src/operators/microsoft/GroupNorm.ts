/** (x - mean) ÷ √(variance + epsilon) · gamma + beta over groups of channels, then x · sigmoid(x) where asked for. */
import { groupNormalised } from "../../lowering/microsoftGroupNorm.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const GroupNorm: Operator = {
  name: "GroupNorm",
  domain: MICROSOFT,
  inputs: [3, 3],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    return groupNormalised(node, x.dtype, x, node.input(1, ...FLOATS), node.input(2, ...FLOATS));
  },
};
