/** The middle of each axis, or the axis in the middle of zeros; where halves differ the lesser is before. */
import { DType, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import { FLOATS, INTEGERS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const CenterCropPad: Operator = {
  name: "CenterCropPad",
  inputs: [2, 2],
  lower(node) {
    const x = node.input(0, ...FLOATS, ...INTEGERS, DType.BOOL);
    const rank = x.shape.length;
    const sizes = node.known(1)!;
    const named = node.attributes.ints("axes", undefined) ?? x.shape.map((_, axis) => axis);
    const axes = named.map((axis) => node.axis(axis, rank));
    check(new Set(axes).size === axes.length, "BAD_ATTRIBUTE", `axes ${named} name one axis twice`);
    check(sizes.length === axes.length, "SHAPE_MISMATCH", `${sizes.length} sizes for ${axes.length} axes`);
    const shape = x.shape.map((size, axis) => {
      const target = axes.includes(axis) ? sizes[axes.indexOf(axis)] : size;
      check((target.constant ?? 0) >= 0, "BAD_ATTRIBUTE", `a size is ${target}`);
      return target;
    });
    return node.graph.map(x.dtype, shape, (code) => {
      let inside: Value | undefined;
      const place = code.coordinates().map((at, axis) => {
        const [from, to] = [x.shape[axis], shape[axis]];
        if (from.equals(to)) return at;
        const cut = from.sub(to).max(0).div(2);
        const added = to.sub(from).max(0).div(2);
        const shifted = code.plus(at, cut);
        const moved = added.equals(0) ? shifted : code.isub(shifted, code.size(added));
        const within = code.within(moved, from);
        inside = inside === undefined ? within : code.and(inside, within);
        return moved;
      });
      const linear = code.linearIndex(x.shape, place);
      return inside === undefined ? code.read(x, linear) : code.readIf(inside, x, linear);
    });
  },
};
