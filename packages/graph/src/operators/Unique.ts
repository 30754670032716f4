/**
 * The distinct elements (or slices along an axis) of a constant, with where each first stands, which of them each element
 * is, and how often it occurs. Sorted with NaN last, or in order of first occurrence.
 */
import { float32, wordsOf, type Tensor, type Word } from "@assay/vm";
import { constantIndices, constantInput, constantOf } from "../lowering/constants.ts";
import { placesOf } from "../lowering/known.ts";
import { isFloat } from "../lowering/types.ts";
import type { NodeContext, Operator } from "../operator.ts";

export const Unique: Operator = {
  name: "Unique",
  inputs: [1, 1],
  outputs: 4,
  lower(node) {
    const x = constantInput(node, 0);
    const sorted = node.attributes.flag("sorted", true);
    const { slices, shapeOf } = slicesOf(node, x);
    const order = slices.map((_, i) => i);
    // A stable sort: of equal slices the first stands first.
    order.sort((a, b) => compareSlices(x, slices[a], slices[b]));
    let groups: number[][] = [];
    for (const i of order) {
      const group = groups.at(-1);
      if (group !== undefined && compareSlices(x, slices[group[0]], slices[i]) === 0) group.push(i);
      else groups.push([i]);
    }
    if (!sorted) groups = groups.sort((a, b) => a[0] - b[0]);
    const inverse = new Array<number>(slices.length);
    groups.forEach((group, g) => group.forEach((i) => (inverse[i] = g)));
    const { shape, words } = shapeOf(groups.map(([first]) => slices[first]));
    const list = (values: readonly number[]) => constantIndices([values.length], values);
    return [
      constantOf(x.dtype, shape, words),
      list(groups.map(([first]) => first)),
      list(inverse),
      list(groups.map((group) => group.length)),
    ];
  },
};

type Slice = readonly Word[];

/** What is compared: elements, or slices along the axis; and how slices make a tensor again. */
function slicesOf(
  node: NodeContext,
  x: Tensor,
): { slices: Slice[]; shapeOf(chosen: readonly Slice[]): { shape: number[]; words: Word[] } } {
  const words = wordsOf(x);
  const given = node.attributes.int("axis", undefined);
  if (given === undefined) {
    const slices = words.map((word) => [word]);
    return { slices, shapeOf: (chosen) => ({ shape: [chosen.length], words: chosen.map(([word]) => word) }) };
  }
  const axis = node.axis(given, x.shape.length);
  const slices = Array.from({ length: x.shape[axis] }, (): Word[] => []);
  [...placesOf(x.shape)].forEach((place, i) => slices[place[axis]].push(words[i]));
  const shapeOf = (chosen: readonly Slice[]) => {
    const shape = x.shape.map((size, i) => (i === axis ? chosen.length : size));
    const next = chosen.map(() => 0);
    return { shape, words: [...placesOf(shape)].map((place) => chosen[place[axis]][next[place[axis]]++]) };
  };
  return { slices, shapeOf };
}

function compareSlices({ dtype }: Tensor, a: Slice, b: Slice): number {
  for (let i = 0; i < a.length; i++) {
    const order = isFloat(dtype)
      ? compareFloats(a[i], b[i])
      : Number(BigInt(a[i]) > BigInt(b[i])) - Number(BigInt(a[i]) < BigInt(b[i]));
    if (order !== 0) return order;
  }
  return 0;
}

function compareFloats(a: Word, b: Word): number {
  const [v, w] = [float32.toNumber(Number(a)), float32.toNumber(Number(b))];
  if (Number.isNaN(v) || Number.isNaN(w)) return Number(Number.isNaN(v)) - Number(Number.isNaN(w));
  return Number(v > w) - Number(v < w);
}
