/** One value everywhere, in a shape that is known at import. */
import { DType, loadWord } from "@assay/vm";
import { countOf, Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { withKnown } from "../lowering/known.ts";
import type { Operator } from "../operator.ts";
import { MAX_KNOWN, splat } from "../tensorValue.ts";

export const ConstantOfShape: Operator = {
  name: "ConstantOfShape",
  inputs: [1, 1],
  lower(node) {
    const shape = [...node.known(0)!];
    shape.forEach((size) => check((size.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a size is ${size}`));
    // No weight: where an exporter fills with NaN, the elements are written over or masked.
    const given = node.attributes.tensor("value", undefined, true);
    if (given !== undefined) {
      const count = given.shape.reduce((product, size) => product * size, 1);
      check(count === 1, "BAD_ATTRIBUTE", `value has ${count} elements`);
    }
    const dtype = given?.dtype ?? DType.FLOAT32;
    const word = given === undefined ? 0 : loadWord(dtype, given.data, 0);
    const value = splat(dtype, shape, word);
    const count = countOf(shape).constant;
    if (typeof word !== "number" || count === undefined || count > MAX_KNOWN) return value;
    return withKnown(value, new Array<Dimension>(count).fill(Dimension.constant(word)));
  },
};
