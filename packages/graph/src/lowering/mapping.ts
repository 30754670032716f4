/** Tables from keys to values: each element is looked for among the keys in order, the last match wins. */
import { DType, float32, type Value, type Word } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { TensorValue } from "../tensorValue.ts";
import { equal } from "./arithmetic.ts";
import { constantOf } from "./constants.ts";
import { isFloat } from "./types.ts";

/** A list of keys or values: numbers of a type, or strings. */
export interface Entries {
  readonly dtype: DType;
  readonly words: readonly Word[];
  /** Where the entries are strings: what the words (indices) stand for. */
  readonly strings?: readonly string[];
}

/** Numbers as entries. */
export function numberEntries(dtype: DType, values: readonly number[]): Entries {
  const wordOf = (value: number): Word => (isFloat(dtype) ? float32.fromNumber(value) : BigInt(value));
  return { dtype, words: values.map(wordOf) };
}

/** The first place of each string in a list. */
export function placesOfStrings(strings: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  strings.forEach((text, i) => {
    if (!places.has(text)) places.set(text, i);
  });
  return places;
}

/** Distinct strings as entries: the words are indices into a table. */
export function stringEntries(values: readonly string[]): Entries {
  const strings = [...new Set(values)];
  const places = placesOfStrings(strings);
  return { dtype: DType.INT64, words: values.map((value) => BigInt(places.get(value)!)), strings };
}

/** The value beside the key that equals the element, or the default; whether a NaN key equals a NaN. */
export function mapped(
  graph: Graph,
  x: TensorValue,
  keys: Entries,
  values: Entries,
  fallback: Word,
  matchNaN = false,
): TensorValue {
  const count = keys.words.length;
  const [from, to] = [constantOf(keys.dtype, [count], keys.words), constantOf(values.dtype, [count], values.words)];
  const found = graph.reduce(values.dtype, x.shape, {
    extent: Dimension.constant(count),
    accumulators: [values.dtype],
    init: (code): Value[] => [code.word(fallback)],
    step(code, [best]) {
      const r = code.step();
      const [element, key] = [code.read(x, code.linear()), code.read(from, r)];
      let same = equal(code, x.dtype, element, key);
      if (matchNaN && isFloat(x.dtype)) {
        const neither = code.and(code.lnot(code.feq(element, element)), code.lnot(code.feq(key, key)));
        same = code.or(same, neither);
      }
      return [code.select(same, code.read(to, r), best)];
    },
    final: (_code, [best]) => best,
  });
  return values.strings === undefined ? found : { ...found, labels: values.strings };
}
