/** Elements replaced by the value beside their key, or by a default: keys and values are numbers or strings. */
import { DType, float32, wordsOf, type Word } from "@assay/vm";
import { check } from "../../errors.ts";
import { mapped, numberEntries, placesOfStrings, stringEntries, type Entries } from "../../lowering/mapping.ts";
import { ML } from "../../onnx/model.ts";
import type { NodeContext, Operator } from "../../operator.ts";

export const LabelEncoder: Operator = {
  name: "LabelEncoder",
  domain: ML,
  inputs: [1, 1],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const { attributes } = node;
    const defaults = {
      text: attributes.string("default_string", "_Unused"),
      integer: attributes.int("default_int64", -1),
      float: attributes.float("default_float", -0),
    };
    const keys = node.opset < 2 ? oldKeys(node, x.labels !== undefined) : entries(node, "keys");
    const values = node.opset < 2 ? oldValues(node, x.labels !== undefined) : entries(node, "values");
    check(keys.words.length === values.words.length, "BAD_ATTRIBUTE", "keys and values differ in number");
    const tensor = node.opset >= 4 ? attributes.tensor("default_tensor", undefined) : undefined;
    const withDefault =
      values.strings === undefined ? values : { ...values, strings: withString(values.strings, defaults.text) };
    const fallback = (): Word => {
      if (withDefault.strings !== undefined) return BigInt(withDefault.strings.indexOf(defaults.text));
      if (tensor !== undefined) {
        check(tensor.dtype === values.dtype, "BAD_ATTRIBUTE", "the default has another type than the values");
        return wordsOf(tensor)[0] ?? 0;
      }
      return values.dtype === DType.INT64 ? BigInt(defaults.integer) : float32.fromNumber(defaults.float);
    };
    if (keys.strings !== undefined) {
      check(x.labels !== undefined, "TYPE_MISMATCH", "the keys are strings, the input is not");
      const places = placesOfStrings(x.labels);
      const own = keys.words.map((word) => BigInt(places.get(keys.strings![Number(word)]) ?? -1));
      return mapped(node.graph, x, { dtype: DType.INT64, words: own }, withDefault, fallback());
    }
    check(x.labels === undefined && x.dtype === keys.dtype, "TYPE_MISMATCH", "keys and input differ in type");
    return mapped(node.graph, x, keys, withDefault, fallback(), node.opset >= 4);
  },
};

function withString(strings: readonly string[], text: string): readonly string[] {
  return strings.includes(text) ? strings : [...strings, text];
}

function entries(node: NodeContext, which: "keys" | "values"): Entries {
  const { attributes } = node;
  const integers = attributes.ints(`${which}_int64s`, undefined);
  if (integers !== undefined) return numberEntries(DType.INT64, integers);
  const floats = attributes.floats(`${which}_floats`, undefined);
  if (floats !== undefined) return numberEntries(DType.FLOAT32, floats);
  const strings = attributes.strings(`${which}_strings`, undefined);
  if (strings !== undefined) return stringEntries(strings);
  const tensor = node.opset >= 4 ? attributes.tensor(`${which}_tensor`, undefined) : undefined;
  check(tensor !== undefined, "BAD_ATTRIBUTE", `no ${which}`);
  return { dtype: tensor.dtype, words: wordsOf(tensor) };
}

/** Operator set 1: a list of strings, mapped to their places or back. */
function oldKeys(node: NodeContext, fromStrings: boolean): Entries {
  const classes = node.attributes.strings("classes_strings");
  return fromStrings
    ? stringEntries(classes)
    : numberEntries(
        DType.INT64,
        classes.map((_, i) => i),
      );
}

function oldValues(node: NodeContext, fromStrings: boolean): Entries {
  const classes = node.attributes.strings("classes_strings");
  return fromStrings
    ? numberEntries(
        DType.INT64,
        classes.map((_, i) => i),
      )
    : stringEntries(classes);
}
