/**
 * Boxes chosen by score, those left out that overlap a better one too much. The output's shape depends on boxes and scores,
 * so both are constants. Arithmetic in binary32.
 */
import { DType, float32, wordsOf, type Tensor } from "@assay/vm";
import { check } from "../errors.ts";
import { constantIndices, constantInput } from "../lowering/constants.ts";
import type { NodeContext, Operator } from "../operator.ts";

const round = Math.fround;
/** Most comparisons of two boxes. */
const MAX_COMPARISONS = 2 ** 26;

export const NonMaxSuppression: Operator = {
  name: "NonMaxSuppression",
  inputs: [2, 5],
  lower(node) {
    const boxes = constantInput(node, 0, DType.FLOAT32);
    const scores = constantInput(node, 1, DType.FLOAT32);
    const centred = node.attributes.flag("center_point_box", false);
    const [most] = node.constants(2) ?? [0];
    const overlap = threshold(node, 3) ?? 0;
    const least = threshold(node, 4) ?? -Infinity;
    const [batches, count, four] = boxes.shape;
    const classes = scores.shape[1];
    const fits = boxes.shape.length === 3 && scores.shape.length === 3 && four === 4;
    check(
      fits && scores.shape[0] === batches && scores.shape[2] === count,
      "SHAPE_MISMATCH",
      "boxes and scores do not fit",
    );
    const work = batches * classes * count * count;
    check(
      work <= MAX_COMPARISONS,
      "TOO_LARGE",
      `${count} boxes in ${batches * classes} classes are too many to compare`,
    );
    const values = numbersOf(boxes);
    const score = numbersOf(scores);
    const chosen: number[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const edges = Array.from({ length: count }, (_, i) => edgesOf(values.slice(4 * (batch * count + i)), centred));
      for (let kind = 0; kind < classes; kind++) {
        const own = score.slice((batch * classes + kind) * count, (batch * classes + kind + 1) * count);
        for (const i of suppressed(edges, own, least, overlap, most)) chosen.push(batch, kind, i);
      }
    }
    return constantIndices([chosen.length / 3, 3], chosen);
  },
};

function threshold(node: NodeContext, index: number): number | undefined {
  if (node.optional(index) === undefined) return undefined;
  const [value] = numbersOf(constantInput(node, index, DType.FLOAT32));
  check(value !== undefined, "SHAPE_MISMATCH", `input ${index} is empty`);
  return value;
}

function numbersOf(tensor: Tensor): number[] {
  return wordsOf(tensor).map((word) => float32.toNumber(Number(word)));
}

type Edges = readonly [top: number, left: number, bottom: number, right: number];

/** Corners in order, from any two opposite corners or from centre, width and height. */
function edgesOf([a, b, c, d]: readonly number[], centred: boolean): Edges {
  if (!centred) return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
  const [halfWidth, halfHeight] = [round(c / 2), round(d / 2)];
  return [round(b - halfHeight), round(a - halfWidth), round(b + halfHeight), round(a + halfWidth)];
}

/** Indices of the boxes that stay, best first; ties go to the lowest index. */
function suppressed(
  edges: readonly Edges[],
  scores: readonly number[],
  least: number,
  overlap: number,
  most: number,
): number[] {
  const order = scores.map((_, i) => i).filter((i) => scores[i] > least);
  order.sort((a, b) => scores[b] - scores[a]);
  const kept: number[] = [];
  for (const i of order) {
    if (kept.length >= most) break;
    if (kept.every((other) => intersectionOverUnion(edges[i], edges[other]) <= overlap)) kept.push(i);
  }
  return kept;
}

function intersectionOverUnion(a: Edges, b: Edges): number {
  const area = ([top, left, bottom, right]: Edges) => round(round(bottom - top) * round(right - left));
  const height = round(Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const width = round(Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  if (height <= 0 || width <= 0 || area(a) <= 0 || area(b) <= 0) return 0;
  const common = round(height * width);
  return round(common / round(round(area(a) + area(b)) - common));
}
