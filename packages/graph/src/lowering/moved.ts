/** The elements of a tensor at other places: a view of what lies in earlier calls, else a node. */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { movedView } from "../view.ts";
import { cutPart, partOf, type CachePart } from "./cachePart.ts";

/** The place in the old tensor of a place in the new one, whose coordinate along an axis is `at(axis)`. */
export type Origin = (code: NodeCode, at: (axis: number) => Value) => readonly (Value | undefined)[];

/** `x` in another shape, its element at each place that of `x` at the place's origin; `part` is what it shows of a cache. */
export function moved(
  graph: Graph,
  x: TensorValue,
  shape: readonly Dimension[],
  origin: Origin,
  part: CachePart | undefined,
): TensorValue {
  return part === undefined ? elements(graph, x, shape, origin) : { ...elements(graph, x, shape, origin), part };
}

function elements(graph: Graph, x: TensorValue, shape: readonly Dimension[], origin: Origin): TensorValue {
  const { dtype, source } = x;
  if (source.kind === "view") return movedView(x, shape, origin);
  // What a cache without rows shows has no elements.
  if (source.kind === "splat" && x.part !== undefined) return { dtype, shape, source };
  return graph.map(dtype, shape, (code) => {
    const place = origin(code, (axis) => code.index(axis));
    return code.read(x, code.linearIndex(x.shape, place));
  });
}

/** `size` places of an axis, from `first` on. */
export function cut(
  graph: Graph,
  x: TensorValue,
  axis: number,
  first: Dimension | number,
  size: Dimension | number,
): TensorValue {
  const [from, count] = [Dimension.of(first), Dimension.of(size)];
  const shape = x.shape.map((own, i) => (i === axis ? count : own));
  const origin: Origin = (code, at) =>
    shape.map((_, i) => {
      if (i !== axis) return at(i);
      return count.equals(1) && x.source.kind === "view" ? code.size(from) : code.plus(at(i), from);
    });
  return moved(graph, x, shape, origin, cutPart(partOf(x), axis, from.constant, count.constant));
}
