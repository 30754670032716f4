/**
 * The inner part of images: `border` is how much is left out left, top, right and bottom; with `scale`, the height and width
 * of what is left, only left and top count. Of the first exporters of image models; onnxruntime computes it.
 */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { moved } from "../lowering/moved.ts";
import type { Operator } from "../operator.ts";

export const Crop: Operator = {
  name: "Crop",
  inputs: [1, 1],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0);
    node.rank(x, 4, "the image");
    const [border, scale] = [attributes.ints("border"), attributes.ints("scale", undefined)];
    check(border.length === 4 && border.every((size) => size >= 0), "BAD_ATTRIBUTE", `the border is ${border}`);
    check(scale === undefined || scale.length === 2, "BAD_ATTRIBUTE", `${scale?.length} numbers in scale`);
    const [left, top, right, bottom] = border;
    const [batch, channels, height, width] = x.shape;
    const inner = scale?.map(Dimension.of) ?? [height.sub(top + bottom), width.sub(left + right)];
    const rest = [height.sub(inner[0]).sub(top), width.sub(inner[1]).sub(left)];
    const fits = [...inner.map((size) => size.sub(1)), ...rest].every(({ greatest }) => greatest >= 0);
    check(fits, "SHAPE_MISMATCH", `[${inner.join(", ")}] are left of [${height}, ${width}]`);
    return moved(
      graph,
      x,
      [batch, channels, ...inner],
      (code, at) => [at(0), at(1), code.plus(at(2), top), code.plus(at(3), left)],
      undefined,
    );
  },
};
