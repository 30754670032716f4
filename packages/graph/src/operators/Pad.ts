/**
 * A tensor with elements added (or cut off) at its ends: a constant, the edge, a mirror, or the other end. A mirror that
 * may reach beyond the other end for some size of a symbolic axis is periodic for all of them.
 */
import { DType, float32, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { splat } from "../tensorValue.ts";

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
    const pads = old ? attributes.ints("pads").map(Dimension.of) : node.known(1);
    check(pads !== undefined, "BAD_ARITY", "the pads are missing");
    const axes = old ? undefined : node.constants(3)?.map((axis) => node.axis(axis, rank));
    const chosen = axes ?? x.shape.map((_, axis) => axis);
    check(pads.length === 2 * chosen.length, "SHAPE_MISMATCH", `${pads.length} pads for ${chosen.length} axes`);
    const fill = old
      ? splat(DType.FLOAT32, [], float32.fromNumber(attributes.float("value", 0)))
      : (node.optional(2, x.dtype) ?? splat(x.dtype, [], 0));
    pads.forEach((pad) =>
      check(pad.constant !== undefined || pad.least >= 0, "UNSUPPORTED", `a pad is ${pad}, which may be negative`),
    );
    const none = Dimension.constant(0);
    const before = x.shape.map(() => none);
    const after = x.shape.map(() => none);
    chosen.forEach((axis, i) => {
      before[axis] = pads[i];
      after[axis] = pads[chosen.length + i];
    });
    const shape = x.shape.map((size, axis) => size.add(before[axis]).add(after[axis]));
    shape.forEach((size) => check((size.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a size becomes ${size}`));
    const isPadded = x.shape.map((_, axis) => [before[axis], after[axis]].some((pad) => (pad.constant ?? 1) > 0));
    /** Axes whose mirror may itself be mirrored. */
    const again = x.shape.map((size, axis) => {
      if (!isPadded[axis] || mode === "constant") return false;
      check(!size.equals(0), "SHAPE_MISMATCH", `nothing to pad with (${mode})`);
      check(size.least > 0, "UNSUPPORTED", `nothing to pad with (${mode}) where an axis of ${size} is empty`);
      return [before[axis], after[axis]].some((pad) => size.sub(1).sub(pad).least < 0);
    });
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
        const { constant } = before[axis];
        const at =
          constant === undefined
            ? code.isub(code.index(axis), code.size(before[axis]))
            : code.plus(code.index(axis), -constant);
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
