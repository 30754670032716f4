/** x where x ≥ 0, else slope · x; the slope is broadcast to x. */
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { sameShape } from "../dimension.ts";
import { less, mul } from "../lowering/arithmetic.ts";
import { FLOATS, SIGNED } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const PRelu: Operator = {
  name: "PRelu",
  inputs: [2, 2],
  lower(node) {
    const [x, slope] = [node.input(0, ...FLOATS, ...SIGNED), node.input(1, ...FLOATS, ...SIGNED)];
    const dtype = node.sameType(x, slope);
    const fits = sameShape(broadcastShape([x.shape, slope.shape]), x.shape);
    check(fits, "SHAPE_MISMATCH", "the slope does not broadcast to x");
    return node.graph.elementwise(dtype, [x, slope], (code, element, factor) =>
      code.select(less(code, dtype, element, code.constant(0)), mul(code, dtype, factor, element), element),
    );
  },
};
