/** The same elements as a matrix: the axes before `axis` become rows, the others columns. */
import { countOf } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const Flatten: Operator = {
  name: "Flatten",
  inputs: [1, 1],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const rank = x.shape.length;
    const given = node.attributes.int("axis", 1);
    const axis = given < 0 ? given + rank : given;
    check(axis >= 0 && axis <= rank, "BAD_ATTRIBUTE", `axis ${given} of a tensor of rank ${rank}`);
    return withShape(x, [countOf(x.shape.slice(0, axis)), countOf(x.shape.slice(axis))]);
  },
};
