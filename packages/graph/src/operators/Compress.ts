/** The slices along an axis (or the elements) where a condition holds; the condition is a constant. */
import { DType, wordsOf } from "@assay/vm";
import { countOf, Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { constantIndices, constantInput } from "../lowering/constants.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

export const Compress: Operator = {
  name: "Compress",
  inputs: [2, 2],
  lower(node) {
    const given = node.input(0);
    const condition = constantInput(node, 1, DType.BOOL);
    check(condition.shape.length === 1, "SHAPE_MISMATCH", "the condition is not a list");
    const whole = node.attributes.int("axis", undefined) === undefined;
    const x = whole ? withShape(given, [countOf(given.shape)]) : given;
    const axis = whole ? 0 : node.axis(node.attributes.int("axis"), x.shape.length);
    const size = x.shape[axis].constant;
    const chosen = wordsOf(condition).flatMap((word, i) => (word === 0 ? [] : [i]));
    const fits = size === undefined ? chosen.length === 0 : chosen.every((i) => i < size);
    check(fits, "SHAPE_MISMATCH", `the condition is longer than the axis of ${x.shape[axis]}`);
    const indices = constantIndices([chosen.length], chosen);
    const shape = x.shape.map((own, i) => (i === axis ? Dimension.constant(chosen.length) : own));
    return node.graph.map(x.dtype, shape, (code) => {
      const place = code.coordinates();
      place[axis] = code.read(indices, place[axis]);
      return code.read(x, code.linearIndex(x.shape, place));
    });
  },
};
