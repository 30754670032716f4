/** The same elements without some axes of size 1: the named ones, or all. */
import { checkEqual } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const Squeeze: Operator = {
  name: "Squeeze",
  inputs: [1, 2],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const given = node.opset >= 13 ? node.constants(1) : node.attributes.ints("axes", undefined);
    if (given === undefined) {
      const open = x.shape.find((size) => size.constant === undefined && size.least < 2);
      check(open === undefined, "DATA_DEPENDENT_SHAPE", `whether the size ${open} is 1 is known only at run time`);
      return withShape(
        x,
        x.shape.filter((size) => !size.equals(1)),
      );
    }
    const axes = given.map((axis) => node.axis(axis, x.shape.length));
    for (const axis of axes) {
      checkEqual(x.shape[axis], 1, `axis ${axis} has size ${x.shape[axis]}, not 1`);
    }
    return withShape(
      x,
      x.shape.filter((_, axis) => !axes.includes(axis)),
    );
  },
};
