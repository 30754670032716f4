/** x ÷ √(mean of squares + epsilon) · scale over the axes from `axis` on, as onnxruntime writes RMSNormalization. */
import { sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { rmsNormalised } from "../lowering/rms.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const SimplifiedLayerNormalization: Operator = {
  name: "SimplifiedLayerNormalization",
  inputs: [2, 2],
  outputs: 2,
  lower(node) {
    const { attributes } = node;
    const [x, scale] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
    const axis = node.axis(attributes.int("axis", -1), x.shape.length);
    check(attributes.int("stash_type", 1) === 1, "UNSUPPORTED", "a stash type other than float32");
    const fits = sameShape(broadcastShape([x.shape, scale.shape]), x.shape);
    check(fits, "SHAPE_MISMATCH", "scale does not broadcast to x");
    const { y, inverse } = rmsNormalised(node, x, scale, axis, attributes.float("epsilon", 1e-5));
    return [y, inverse];
  },
};
