/** The same elements with new axes of size 1. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const Unsqueeze: Operator = {
  name: "Unsqueeze",
  inputs: [1, 2],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const given = node.opset >= 13 ? node.constants(1) : node.attributes.ints("axes");
    check(given !== undefined, "BAD_ARITY", "the axes are missing");
    const rank = x.shape.length + given.length;
    const axes = given.map((axis) => node.axis(axis, rank));
    check(new Set(axes).size === axes.length, "BAD_ATTRIBUTE", `axes ${given} name one axis twice`);
    const rest = [...x.shape];
    const shape = Array.from({ length: rank }, (_, axis) =>
      axes.includes(axis) ? Dimension.constant(1) : rest.shift()!,
    );
    return withShape(x, shape);
  },
};
