/** Axes in another order. Where only axes of size 1 move, nothing is computed. */
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";
import { transposedView } from "../view.ts";

export const Transpose: Operator = {
  name: "Transpose",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0);
    const axes = x.shape.map((_, axis) => axis);
    const order = node.attributes.ints("perm", [...axes].reverse());
    const sorted = [...order].sort((a, b) => a - b);
    check(sorted.join() === axes.join(), "BAD_ATTRIBUTE", `perm ${order} of a tensor of rank ${axes.length}`);
    const shape = order.map((axis) => x.shape[axis]);
    const wide = order.filter((axis) => !x.shape[axis].equals(1));
    if (wide.every((axis, i) => i === 0 || wide[i - 1] < axis)) return withShape(x, shape);
    if (x.source.kind === "view") return transposedView(x, order);
    return node.graph.map(x.dtype, shape, (code) => {
      const coordinates = axes.map((axis) => code.index(order.indexOf(axis)));
      return code.read(x, code.linearIndex(x.shape, coordinates));
    });
  },
};
