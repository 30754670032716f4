/** A new axis of size 1 before the axis that is given as a constant. */
import { DType } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";
import { withShape } from "../../tensorValue.ts";

export const ExpandDims: Operator = {
  name: "ExpandDims",
  domain: MICROSOFT,
  inputs: [2, 2],
  lower(node) {
    const x = node.input(0);
    node.input(1, DType.INT32);
    const [given] = node.constants(1) ?? [];
    check(given !== undefined, "SHAPE_MISMATCH", "the axis is missing");
    const axis = node.axis(given, x.shape.length + 1);
    return withShape(x, [...x.shape.slice(0, axis), Dimension.constant(1), ...x.shape.slice(axis)]);
  },
};
