/** x ÷ √(mean of squares + epsilon) · scale over the axes from `axis` on. */
import { sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { rmsNormalised } from "../lowering/rms.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const RMSNormalization: Operator = {
  name: "RMSNormalization",
  inputs: [2, 2],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const scale = node.input(1, ...FLOATS);
    const axis = node.axis(node.attributes.int("axis", -1), x.shape.length);
    const epsilon = node.attributes.float("epsilon", 1e-5);
    check(node.attributes.int("stash_type", 1) === 1, "UNSUPPORTED", "a stash type other than float32");
    check(
      sameShape(broadcastShape([x.shape, scale.shape]), x.shape),
      "SHAPE_MISMATCH",
      "scale does not broadcast to x",
    );
    return rmsNormalised(node, x, scale, axis, epsilon).y;
  },
};
