/** A tensor with elements added (or cut off) at its ends: a constant, the edge, a mirror, or the other end. */
import { DType, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import { constantSize, type Operator } from "../operator.ts";
import { splat } from "../tensorValue.ts";
import { float32 } from "@assay/vm";

export const Pad: Operator = {
  name: "Pad",
  inputs: [1, 4],
  lower(node) {
    const { attributes, graph } = node;
    const x = node.input(0);
    const rank = x.shape.length;
    const modes = ["constant", "reflect", "edge", "wrap"] as const;
    const mode = attributes.choice("mode", modes, "constant");
    const old = node.opset < 11;
    const pads = old ? attributes.ints("pads") : node.constants(1);
    check(pads !== undefined, "BAD_ARITY", "the pads are missing");
    const axes = old ? undefined : node.constants(3)?.map((axis) => node.axis(axis, rank));
    const chosen = axes ?? x.shape.map((_, axis) => axis);
    check(pads.length === 2 * chosen.length, "SHAPE_MISMATCH", `${pads.length} pads for ${chosen.length} axes`);
    const fill = old
      ? splat(DType.FLOAT32, [], float32.fromNumber(attributes.float("value", 0)))
      : (node.optional(2, x.dtype) ?? splat(x.dtype, [], 0));
    const before = x.shape.map(() => 0);
    const after = x.shape.map(() => 0);
    chosen.forEach((axis, i) => {
      before[axis] = pads[i];
      after[axis] = pads[chosen.length + i];
    });
    const shape = x.shape.map((size, axis) => size.add(before[axis] + after[axis]));
    shape.forEach((size) => check((size.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a size becomes ${size}`));
    const isPadded = x.shape.map((_, axis) => before[axis] > 0 || after[axis] > 0);
    /** Axes whose mirror is itself mirrored. */
    const again = x.shape.map(() => false);
    if (mode !== "constant") {
      x.shape.forEach((size, axis) => {
        if (!isPadded[axis]) return;
        const room = constantSize(size, "a padded axis");
        check(room > 0, "SHAPE_MISMATCH", `nothing to pad with (${mode})`);
        again[axis] = Math.max(before[axis], after[axis]) >= room;
      });
    }
    /** Where along an axis the element comes from. */
    const from = (code: NodeCode, at: Value, axis: number): Value => {
      const size = x.shape[axis];
      if (mode === "edge") return code.imin(code.imax(at, code.constant(0)), code.size(size.sub(1)));
      if (mode === "wrap") return code.imod(at, code.size(size));
      if (again[axis]) {
        const period = size.sub(1).mul(2);
        const phase = code.imod(at, code.size(period));
        return code.imin(phase, code.isub(code.size(period), phase));
      }
      const mirrored = code.iabs(at);
      const last = code.size(size.sub(1));
      return code.isub(last, code.iabs(code.isub(last, mirrored)));
    };
    return graph.map(x.dtype, shape, (code) => {
      let inside: Value | undefined;
      const source = x.shape.map((size, axis) => {
        const at = code.plus(code.index(axis), -before[axis]);
        if (!isPadded[axis]) return at;
        if (mode !== "constant") return from(code, at, axis);
        const within = code.within(at, size);
        inside = inside === undefined ? within : code.and(inside, within);
        return at;
      });
      const linear = code.linearIndex(x.shape, source);
      if (inside === undefined) return code.read(x, linear);
      return code.select(inside, code.readIf(inside, x, linear), code.read(fill, code.constant(0)));
    });
  },
};
