/** Along a new last axis, 1 where the element is the category of that place. */
import { DType } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { constantIndices } from "../../lowering/constants.ts";
import { placesOfStrings } from "../../lowering/mapping.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import { cast } from "../../lowering/cast.ts";
import type { Operator } from "../../operator.ts";

export const OneHotEncoder: Operator = {
  name: "OneHotEncoder",
  domain: ML,
  inputs: [1, 1],
  strings: true,
  lower(node) {
    const x = node.input(0, ...NUMBERS);
    const { attributes } = node;
    const integers = attributes.ints("cats_int64s", undefined) ?? [];
    const strings = attributes.strings("cats_strings", undefined) ?? [];
    check(attributes.flag("zeros", true), "UNSUPPORTED", "zeros = 0: an unknown category is an error");
    check((x.labels !== undefined) === strings.length > 0, "TYPE_MISMATCH", "categories and input differ in type");
    const known = x.labels === undefined ? integers : indicesOf(strings, x.labels);
    check(known.length > 0, "BAD_ATTRIBUTE", "no categories");
    const categories = constantIndices([known.length], known);
    return node.graph.map(DType.FLOAT32, [...x.shape, Dimension.constant(known.length)], (code) => {
      const place = code.coordinates();
      const own = code.read(categories, place.pop()!);
      const element = cast(code, x.dtype, DType.INT64, code.read(x, code.linearIndex(x.shape, place)));
      return code.select(code.ieq(element, own), code.constantFloat(1), code.constant(0));
    });
  },
};

/** Where each string stands among the labels; -1 where it does not. */
function indicesOf(strings: readonly string[], labels: readonly string[]): number[] {
  const places = placesOfStrings(labels);
  return strings.map((text) => places.get(text) ?? -1);
}
