/**
 * What of a generation's cache a value shows: which axis of the cache each of its axes is, which slices along other axes it
 * has, and whether the rows of this call are joined to those of earlier calls. So a cache is recognised when the model
 * hands it back, however it was turned, taken apart and put together on the way.
 */
import { DType } from "@assay/vm";
import { Dimension, sameShape } from "../dimension.ts";
import type { TensorValue } from "../tensorValue.ts";
import type { Cache } from "./cache.ts";

/** Consecutive places of a constant axis, as keys and values lie in one cache [2, …]. */
export interface Slice {
  readonly axis: number;
  readonly first: number;
  readonly count: number;
}

/** At most one slice of an axis, in the order of the axes; the whole cache where there is none. */
export type Slices = readonly Slice[];

export function sameSlices(a: Slices, b: Slices): boolean {
  return a.length === b.length && a.every((slice, i) => sameSlice(slice, b[i]));
}

function sameSlice(a: Slice, b: Slice): boolean {
  return a.axis === b.axis && a.first === b.first && a.count === b.count;
}

/** Slices with the one of its axis replaced, or added. */
function withSlice(slices: Slices, slice: Slice): Slices {
  return [...slices.filter(({ axis }) => axis !== slice.axis), slice].sort((a, b) => a.axis - b.axis);
}

/** The rows that one call adds to some slices of a cache. */
export interface Rows {
  readonly slices: Slices;
  /** Axes of the cache in the order in which they lie. */
  readonly order: readonly number[];
  readonly value: TensorValue;
}

export interface CachePart {
  readonly cache: Cache;
  /** The shape of the value that shows it. */
  readonly shape: readonly Dimension[];
  /** For each axis of the shape the cache's; undefined for one of size 1 that the cache does not have. */
  readonly axes: readonly (number | undefined)[];
  readonly slices: Slices;
  /** The narrower float type as which it is shown, if another than the cache's. */
  readonly narrowed?: DType | undefined;
  /** Rows of this call, slices in their order; none in the cache as earlier calls left it. */
  readonly rows: readonly Rows[];
}

/** What a value shows of a cache. */
export function partOf({ part, shape }: TensorValue): CachePart | undefined {
  return part !== undefined && sameShape(part.shape, shape) ? part : undefined;
}

/** All of a cache, as the model is given it. */
export function wholePart(cache: Cache): CachePart {
  const { shape } = cache;
  return { cache, shape, axes: shape.map((_, axis) => axis), slices: [], rows: [] };
}

/** The part with axis `order[i]` as its axis i. */
export function transposedPart(part: CachePart | undefined, order: readonly number[]): CachePart | undefined {
  if (part === undefined) return undefined;
  return { ...part, shape: order.map((axis) => part.shape[axis]), axes: order.map((axis) => part.axes[axis]) };
}

/** The part in a shape that has other axes of size 1; undefined where other axes change. */
export function reshapedPart(part: CachePart | undefined, shape: readonly Dimension[]): CachePart | undefined {
  if (part === undefined) return undefined;
  const axes: (number | undefined)[] = [];
  let old = 0;
  while (old < part.shape.length || axes.length < shape.length) {
    const size = shape[axes.length];
    if (old < part.shape.length && size?.equals(part.shape[old])) axes.push(part.axes[old++]);
    else if (part.shape[old]?.equals(1)) old++;
    else if (size?.equals(1)) axes.push(undefined);
    else return undefined;
  }
  return { ...part, shape, axes };
}

/** Places `first` to `first + count` of an axis; undefined where that is the axis of positions. */
export function cutPart(
  part: CachePart | undefined,
  axis: number,
  first: number | undefined,
  count: number | undefined,
): CachePart | undefined {
  if (part === undefined || first === undefined || count === undefined) return undefined;
  const own = part.axes[axis];
  if (own === undefined || own === part.cache.axis || part.rows.length > 0) return undefined;
  const shape = part.shape.map((size, i) => (i === axis ? Dimension.constant(count) : size));
  const before = part.slices.find((slice) => slice.axis === own)?.first ?? 0;
  return { ...part, shape, slices: withSlice(part.slices, { axis: own, first: before + first, count }) };
}

/**
 * The part as another float type. Narrowed before rows are joined to it and widened afterwards it is still the cache, for then all
 * rows there are came from the narrower type; undefined elsewhere.
 */
export function castPart(part: CachePart | undefined, to: DType): CachePart | undefined {
  if (part === undefined) return undefined;
  const { cache, narrowed, rows } = part;
  if (narrowed === undefined && rows.length === 0 && cache.dtype === DType.FLOAT32) {
    return to === DType.FLOAT16 || to === DType.BFLOAT16 ? { ...part, narrowed: to } : undefined;
  }
  const back = narrowed !== undefined && rows.length > 0 && to === cache.dtype;
  return back ? { ...part, narrowed: undefined } : undefined;
}

/** Parts with rows, one after the other along an axis; undefined where they are not slices in the order of the cache. */
export function joinedPart(
  parts: readonly (CachePart | undefined)[],
  axis: number,
  size: Dimension,
): CachePart | undefined {
  if (!parts.every((part) => part !== undefined)) return undefined;
  const [first, ...rest] = parts;
  const [second] = rest;
  if (first === undefined || second === undefined) return undefined;
  // The axis along which they are joined, as the cache has it: their own there, or the one that was cut and tells them apart.
  const joined = first.slices.find((slice) =>
    first.axes[axis] === undefined
      ? !first.axes.includes(slice.axis) && !second.slices.some((other) => sameSlice(other, slice))
      : first.axes[axis] === slice.axis,
  );
  if (joined === undefined) return undefined;
  let slice = joined;
  const follow = rest.every(({ cache, axes, slices, narrowed, rows }) => {
    const next = slices.find((other) => other.axis === slice.axis);
    if (cache !== first.cache || narrowed !== first.narrowed || rows.length === 0 || next === undefined) return false;
    const same = axes.every((own, i) => i === axis || own === first.axes[i]);
    const apart = sameSlices(slices, withSlice(first.slices, next));
    const behind = next.first === slice.first + slice.count;
    slice = { ...slice, count: slice.count + next.count };
    return same && apart && behind;
  });
  if (!follow || first.rows.length === 0) return undefined;
  return {
    ...first,
    shape: first.shape.map((own, i) => (i === axis ? size : own)),
    axes: first.axes.map((own, i) => (i === axis ? slice.axis : own)),
    slices: withSlice(first.slices, slice),
    rows: parts.flatMap(({ rows }) => rows),
  };
}

/** Whether the part is the whole cache, of its type and in its order of axes, with the rows of this call. */
export function isWhole({ cache, shape, axes, slices, narrowed, rows }: CachePart): boolean {
  const grown = cache.shape.map((size, axis) => (axis === cache.axis ? size.add(cache.added) : size));
  const all = slices.every(({ axis, first, count }) => first === 0 && cache.shape[axis].equals(count));
  const inOrder = axes.every((own, axis) => own === axis || shape[axis].equals(1));
  return narrowed === undefined && rows.length > 0 && all && inOrder && sameShape(shape, grown);
}
