/**
 * A tensor with some slices replaced by, or combined with, updates: each names its place by an index tuple. For every
 * element the updates are scanned in order; where the places are constants, each slice finds its update in a table.
 */
import { DType, wordsOf } from "@assay/vm";
import { checkSameShape, countOf, type Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { constantIndices } from "../lowering/constants.ts";
import { linearOf } from "../lowering/known.ts";
import { readCombination } from "../lowering/scatter.ts";
import { accumulatorOf } from "../lowering/types.ts";
import { constantSize, type Operator } from "../operator.ts";
import { constantTensor, type TensorValue } from "../tensorValue.ts";

export const ScatterND: Operator = {
  name: "ScatterND",
  inputs: [3, 3],
  lower(node) {
    const data = node.input(0);
    const indices = node.input(1, DType.INT64);
    const updates = node.input(2, data.dtype);
    const combine = readCombination(node, data.dtype);
    const rank = indices.shape.length;
    check(rank >= 1, "SHAPE_MISMATCH", "the indices are a scalar");
    const tuple = constantSize(indices.shape[rank - 1], "the length of an index tuple");
    check(tuple >= 1 && tuple <= data.shape.length, "SHAPE_MISMATCH", `tuples of ${tuple} indices`);
    check(tuple <= 6, "UNSUPPORTED", `tuples of ${tuple} indices`);
    const outer = indices.shape.slice(0, -1);
    const inner = data.shape.slice(tuple);
    checkSameShape(updates.shape, [...outer, ...inner], "the updates do not fit the indices");
    const owners = ownersOf(
      indices,
      data.shape.slice(0, tuple),
      node.attributes.string("reduction", "none") !== "none",
    );
    if (owners !== undefined) {
      const table = constantIndices([owners.length], owners);
      return node.graph.map(data.dtype, data.shape, (code) => {
        const place = code.coordinates();
        const owner = code.read(table, code.linearIndex(data.shape.slice(0, tuple), place.slice(0, tuple)));
        const isMeant = code.lnot(code.ilt(owner, code.constant(0)));
        const within = code.linearIndex(inner, place.slice(tuple));
        const update = code.readIf(isMeant, updates, code.iadd(code.times(owner, countOf(inner)), within));
        const old = code.read(data, code.linear());
        return code.select(isMeant, combine(code, old, update), old);
      });
    }
    return node.graph.reduce(data.dtype, data.shape, {
      extent: countOf(outer),
      accumulators: [accumulatorOf(data.dtype)],
      init: (code) => [code.read(data, code.linear())],
      step(code, [old]) {
        const place = code.coordinates();
        const r = code.step();
        let meant = code.constant(1);
        for (let k = 0; k < tuple; k++) {
          const index = code.read(indices, code.plus(code.times(r, tuple), k));
          const size = code.size(data.shape[k]);
          const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, size), index);
          meant = code.and(meant, code.ieq(wrapped, place[k]));
        }
        const within = code.linearIndex(inner, place.slice(tuple));
        const update = code.read(updates, code.iadd(code.times(r, countOf(inner)), within));
        return [code.select(meant, combine(code, old, update), old)];
      },
      final: (_code, [value]) => value,
    });
  },
};

/** Most slices of which a table says what updates them. */
const MOST_SLICES = 2 ** 20;

/**
 * For each slice the last update that names it, or -1, where the indices are constants; undefined where they are not, or
 * where several name one slice and count all.
 */
function ownersOf(indices: TensorValue, outer: readonly Dimension[], countsAll: boolean): number[] | undefined {
  const tensor = constantTensor(indices);
  const sizes = outer.map((size) => size.constant);
  if (tensor === undefined || !sizes.every((size) => size !== undefined)) return undefined;
  const slices = sizes.reduce((product, size) => product * size, 1);
  if (slices > MOST_SLICES) return undefined;
  const words = wordsOf(tensor).map(Number);
  const owners = new Array<number>(slices).fill(-1);
  for (let update = 0; update * sizes.length < words.length; update++) {
    const place = sizes.map((size, k) => {
      const index = words[update * sizes.length + k];
      return index < 0 ? index + size : index;
    });
    if (!place.every((index, k) => index >= 0 && index < sizes[k])) continue;
    const slice = linearOf(sizes, place);
    if (countsAll && owners[slice] >= 0) return undefined;
    owners[slice] = update;
  }
  return owners;
}
