/**
 * How often each n-gram of a pool occurs in a row, its items up to some places apart: for each n-gram every start and gap is
 * compared in turn.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { constantIndices } from "../lowering/constants.ts";
import { floatTable } from "../lowering/linear.ts";
import type { NodeContext, Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";

/** Longest n-gram: each item is two loads of a step. */
const LONGEST = 3;

interface Gram {
  readonly items: readonly number[];
  readonly weight: number;
}

export const TfIdfVectorizer: Operator = {
  name: "TfIdfVectorizer",
  inputs: [1, 1],
  lower(node) {
    const { attributes, graph } = node;
    const given = node.input(0, DType.INT64, DType.INT32);
    const rank = given.shape.length;
    check(rank === 1 || rank === 2, "SHAPE_MISMATCH", `the input has rank ${rank}`);
    const x = rank === 2 ? given : withShape(given, [Dimension.constant(1), ...given.shape]);
    const mode = attributes.choice("mode", ["TF", "IDF", "TFIDF"], "TF");
    const skips = attributes.int("max_skip_count");
    check(skips >= 0 && skips < 2 ** 16, "BAD_ATTRIBUTE", `max_skip_count is ${skips}`);
    const grams = readGrams(node);
    const count = grams.length;
    const width = Math.max(1, ...grams.map((gram) => gram?.items.length ?? 0));
    const lengths = constantIndices(
      [count],
      grams.map((gram) => gram?.items.length ?? 0),
    );
    const items = constantIndices(
      [count, width],
      grams.flatMap((gram) => Array.from({ length: width }, (_, k) => gram?.items[k] ?? 0)),
    );
    const weights = floatTable(
      [count],
      grams.map((gram) => gram?.weight ?? 0),
    );
    const size = x.shape[1];
    const value = graph.reduce(DType.FLOAT32, [x.shape[0], Dimension.constant(count)], {
      extent: size.mul(skips + 1),
      accumulators: [DType.INT64],
      init: (code) => [code.constant(0)],
      step(code, [found]) {
        const [row, gram] = code.coordinates();
        const [start, gap] = code.divide(code.step(), skips + 1);
        const apart = code.iadd(gap, code.constant(1));
        const length = code.read(lengths, gram);
        const last = code.iadd(start, code.imul(code.isub(length, code.constant(1)), apart));
        // A single item has no gap: it is counted once.
        const single = code.ieq(length, code.constant(1));
        let same = code.and(code.ilt(last, code.size(size)), code.lnot(code.and(single, code.truth(gap))));
        same = code.and(same, code.truth(length));
        for (let k = 0; k < width; k++) {
          const at: Value = k === 0 ? start : code.iadd(start, code.times(apart, k));
          const item = code.read(items, code.plus(code.times(gram, width), k));
          const equal = code.ieq(code.readIf(code.within(at, size), x, code.linearIndex(x.shape, [row, at])), item);
          const beyond = code.ile(length, code.constant(k));
          same = code.and(same, code.or(equal, beyond));
        }
        return [code.iadd(found, same)];
      },
      final(code, [found]) {
        if (mode === "TF") return code.itof(found);
        const times = mode === "IDF" ? code.truth(found) : found;
        return code.fmul(code.itof(times), code.read(weights, code.index(1)));
      },
    });
    return rank === 2 ? value : withShape(value, [Dimension.constant(count)]);
  },
};

/** The n-gram of each output coordinate; of one that is given twice the last. */
function readGrams(node: NodeContext): (Gram | undefined)[] {
  const { attributes } = node;
  const [shortest, longest] = [attributes.int("min_gram_length"), attributes.int("max_gram_length")];
  const fits = shortest >= 1 && shortest <= longest;
  check(fits, "BAD_ATTRIBUTE", `n-grams of ${shortest} to ${longest} items`);
  if (attributes.has("pool_strings"))
    node.fail("UNSUPPORTED", "n-grams of strings; encode the words as integers first");
  const pool = attributes.ints("pool_int64s");
  const starts = attributes.ints("ngram_counts");
  const coordinates = attributes.ints("ngram_indexes");
  const weights = attributes.floats("weights", undefined) ?? coordinates.map(() => 1);
  check(
    weights.length === coordinates.length && weights.length > 0,
    "BAD_ATTRIBUTE",
    "weights and n-grams differ in number",
  );
  coordinates.forEach((at) => check(at >= 0 && at < 2 ** 18, "TOO_LARGE", `an n-gram's coordinate is ${at}`));
  check(new Set(coordinates).size === coordinates.length, "UNSUPPORTED", "two n-grams with one coordinate");
  const size = coordinates.reduce((most, at) => Math.max(most, at + 1), 0);
  const grams = new Array<Gram | undefined>(size).fill(undefined);
  const seen = new Map<string, number>();
  let next = 0;
  starts.forEach((start, i) => {
    const length = i + 1;
    const end = starts[i + 1] ?? pool.length;
    check(start >= 0 && start <= end && end <= pool.length, "BAD_ATTRIBUTE", "ngram_counts is not ascending");
    for (let at = start; at + length <= end; at += length, next++) {
      check(next < coordinates.length, "BAD_ATTRIBUTE", "more n-grams than coordinates");
      if (length < shortest || length > longest) continue;
      check(length <= LONGEST, "UNSUPPORTED", `n-grams of ${length} items, more than ${LONGEST}`);
      const items = pool.slice(at, at + length);
      const before = seen.get(items.join());
      if (before !== undefined) grams[before] = undefined;
      seen.set(items.join(), coordinates[next]);
      grams[coordinates[next]] = { items, weight: weights[next] };
    }
  });
  return grams;
}
