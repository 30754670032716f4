/** Axes in another order. Where only axes of size 1 move, nothing is computed. */
import { check } from "../errors.ts";
import { partOf, transposedPart } from "../lowering/cachePart.ts";
import { moved } from "../lowering/moved.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const Transpose: Operator = {
  name: "Transpose",
  inputs: [1, 1],
  moves: "first",
  lower(node) {
    const x = node.input(0);
    const axes = x.shape.map((_, axis) => axis);
    const order = node.attributes.ints("perm", [...axes].reverse());
    const sorted = [...order].sort((a, b) => a - b);
    check(sorted.join() === axes.join(), "BAD_ATTRIBUTE", `perm ${order} of a tensor of rank ${axes.length}`);
    const shape = order.map((axis) => x.shape[axis]);
    const wide = order.filter((axis) => !x.shape[axis].equals(1));
    const part = transposedPart(partOf(x), order);
    if (wide.every((axis, i) => i === 0 || wide[i - 1] < axis)) {
      return part === undefined ? withShape(x, shape) : { ...withShape(x, shape), part };
    }
    return moved(node.graph, x, shape, (_code, at) => axes.map((axis) => at(order.indexOf(axis))), part);
  },
};
