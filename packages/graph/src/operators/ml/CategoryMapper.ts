/** Integers replaced by the strings beside them, or strings by integers, or by a default. */
import { DType } from "@assay/vm";
import { check } from "../../errors.ts";
import { mapped, numberEntries, placesOfStrings, stringEntries } from "../../lowering/mapping.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const CategoryMapper: Operator = {
  name: "CategoryMapper",
  domain: ML,
  inputs: [1, 1],
  strings: true,
  lower(node) {
    const x = node.input(0, DType.INT64);
    const { attributes, graph } = node;
    const integers = attributes.ints("cats_int64s");
    const strings = attributes.strings("cats_strings");
    const [integer, text] = [attributes.int("default_int64", -1), attributes.string("default_string", "_Unused")];
    check(integers.length === strings.length, "BAD_ATTRIBUTE", "integers and strings differ in number");
    if (x.labels !== undefined) {
      const places = placesOfStrings(x.labels);
      const own = numberEntries(
        DType.INT64,
        strings.map((value) => places.get(value) ?? -1),
      );
      return mapped(graph, x, own, numberEntries(DType.INT64, integers), BigInt(integer));
    }
    const values = stringEntries([...strings, text]);
    const fallback = values.words[strings.length];
    const table = { ...values, words: values.words.slice(0, -1) };
    return mapped(graph, x, numberEntries(DType.INT64, integers), table, fallback);
  },
};
