/** Upsample, which Resize replaced: x ÷ scale is the coordinate, nearest rounds it down. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { resize, scaledSize } from "../lowering/resize.ts";
import { FLOATS, INTEGERS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const Upsample: Operator = {
  name: "Upsample",
  inputs: [1, 2],
  lower(node) {
    const { attributes } = node;
    const mode = attributes.choice("mode", ["nearest", "linear", "bilinear"], "nearest");
    const x = node.input(0, ...(mode === "nearest" ? [...FLOATS, ...INTEGERS, DType.BOOL] : [...FLOATS, ...INTEGERS]));
    const scales = node.opset >= 9 ? node.floats(1) : attributes.floats("scales");
    check(scales.length === x.shape.length, "SHAPE_MISMATCH", `${scales.length} scales for rank ${x.shape.length}`);
    const axes = x.shape.flatMap((input, axis) => {
      const scale = scales[axis];
      check(scale >= 1, "BAD_ATTRIBUTE", `a scale is ${scale}`);
      const output = scaledSize(input, scale);
      return scale === 1 ? [] : [{ axis, input, output, numerator: scale, denominator: Dimension.constant(1) }];
    });
    if (axes.length === 0) return x;
    return resize(node, x, axes, {
      mode: mode === "nearest" ? "nearest" : "linear",
      nearest: "floor",
      coordinates: "asymmetric",
      antialias: false,
      excludeOutside: false,
      cubic: -0.75,
      extrapolation: 0,
    });
  },
};
