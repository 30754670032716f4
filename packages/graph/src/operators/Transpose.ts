/** Axes in another order. Where only axes of size 1 move, nothing is computed. */
import { countOf } from "../dimension.ts";
import { check } from "../errors.ts";
import { partOf, transposedPart } from "../lowering/cachePart.ts";
import { moved, type Origin } from "../lowering/moved.ts";
import type { NodeContext, Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";
import { movedView } from "../view.ts";

/** Elements above which a constant is read where it lies rather than copied in another order: products pack it so. */
const LARGE = 2 ** 16;

export const Transpose: Operator = {
  name: "Transpose",
  inputs: [1, 1],
  moves: "first",
  movedAxis: (node, axis) => orderOf(node).indexOf(axis),
  lower(node) {
    const x = node.input(0);
    const order = orderOf(node);
    const shape = order.map((axis) => x.shape[axis]);
    const part = transposedPart(partOf(x), order);
    const wide = order.filter((axis) => !x.shape[axis].equals(1));
    if (wide.every((axis, i) => i === 0 || wide[i - 1] < axis)) {
      return part === undefined ? withShape(x, shape) : { ...withShape(x, shape), part };
    }
    const origin: Origin = (_code, at) => x.shape.map((_, axis) => at(order.indexOf(axis)));
    const isLarge = x.source.kind === "parameter" && (countOf(x.shape).constant ?? 0) > LARGE;
    return isLarge ? movedView(x, shape, origin) : moved(node.graph, x, shape, origin, part);
  },
};

/** The axis of the input that each axis of the output is. */
function orderOf(node: NodeContext): readonly number[] {
  const axes = node.input(0).shape.map((_, axis) => axis);
  const order = node.attributes.ints("perm", [...axes].reverse());
  const sorted = [...order].sort((a, b) => a - b);
  check(sorted.join() === axes.join(), "BAD_ATTRIBUTE", `perm ${order} of a tensor of rank ${axes.length}`);
  return order;
}
