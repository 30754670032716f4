/** The same elements in a shape that is known at import: 0 keeps a size, -1 takes what is left. */
import { checkEqual, countOf, Dimension, formatShape } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const Reshape: Operator = {
  name: "Reshape",
  inputs: [2, 2],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const target = node.known(1)!;
    const allowZero = node.opset >= 14 && node.attributes.flag("allowzero", false);
    const shape = target.map((size, axis) => {
      if (!size.equals(0) || allowZero) return size;
      check(axis < x.shape.length, "SHAPE_MISMATCH", `size 0 keeps axis ${axis}, which the input does not have`);
      return x.shape[axis];
    });
    const open = shape.flatMap((size, axis) => (size.equals(-1) ? [axis] : []));
    check(open.length <= 1, "SHAPE_MISMATCH", "two sizes are -1");
    const total = countOf(x.shape);
    if (open.length === 1) {
      const rest = countOf(shape.filter((_, axis) => axis !== open[0]));
      shape[open[0]] = total.div(rest);
    }
    shape.forEach((size) => check((size.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a size is ${size}`));
    const result = shape.map((size) => Dimension.of(size));
    checkEqual(countOf(result), total, `${formatShape(x.shape)} cannot have the shape ${formatShape(result)}`);
    return withShape(x, result);
  },
};
