/**
 * The first k places of an axis in descending (or ascending) order of what stands there: NaN counts as greatest, -0 as +0,
 * ties go to the lowest index. Few by repeated selection, many by merging ever longer runs.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { ahead } from "./argument.ts";
import { isLong, selectedByBlocks } from "./blockSelection.ts";
import { comesAfter, elementAt } from "./place.ts";
import { accumulatorOf } from "./types.ts";

/** Most places found by repeated selection. */
export const MOST_SELECTED = 64;

/**
 * Indices of the first `k` places along `axis`, in a tensor whose axis 0 they are; the other axes follow in order. Beyond the
 * axis's end, where a request makes it shorter than `k`, they are -1. Throws `GraphError` (UNSUPPORTED) where they may be more
 * than 64 and the axis has no bounds.
 */
export function firstPlaces(graph: Graph, x: TensorValue, axis: number, k: Dimension, greatest: boolean): TensorValue {
  if (k.greatest > MOST_SELECTED) return merged(graph, x, axis, k, greatest);
  return isLong(x.shape[axis]) ? selectedByBlocks(graph, x, axis, k, greatest) : selected(graph, x, axis, k, greatest);
}

/**
 * A row group: row i holds the place that comes next after that of row i - 1. Accumulators: the best place and element so
 * far (-1: none), and those of the row above.
 */
function selected(graph: Graph, x: TensorValue, axis: number, k: Dimension, greatest: boolean): TensorValue {
  const others = x.shape.filter((_, i) => i !== axis);
  const shape = [k, ...others];
  const element = accumulatorOf(x.dtype);
  const { value, node } = graph.rowGroup().declare(DType.INT64, shape);
  node.define({
    kind: "reduce",
    extent: x.shape[axis],
    accumulators: [DType.INT64, element, DType.INT64, element],
    init(code) {
      const [row, ...rest] = code.coordinates();
      const above = code.read(value, code.linearIndex(shape, [code.isub(row, code.constant(1)), ...rest]));
      const before = code.select(row, above, code.constantInt(-1));
      const none = code.constantInt(-1);
      return [none, code.constant(0), before, elementAt(code, x, axis, rest, code.imax(before, code.constant(0)))];
    },
    step(code, [best, bestElement, before, beforeElement]) {
      const [, ...rest] = code.coordinates();
      const r = code.step();
      const own = elementAt(code, x, axis, rest, r);
      const none = code.constant(0);
      const above = { place: before, element: beforeElement };
      const later = comesAfter(code, x.dtype, greatest, { place: r, element: own }, above);
      const open = code.or(code.ilt(before, none), later);
      const better = code.or(code.ilt(best, none), ahead(code, x.dtype, greatest, own, bestElement));
      const taken = code.and(open, better);
      return [code.select(taken, r, best), code.select(taken, own, bestElement), before, beforeElement];
    },
    final: (_code, [best]) => best,
  });
  return value;
}

/** Sorted runs over the axis: run t holds places from t × width on, only the first `kept` of them in order. */
interface Runs {
  readonly width: number;
  readonly kept: Dimension;
  /** Place `p` of run `t`. */
  read(code: NodeCode, others: readonly Value[], t: Value, p: Value): Value;
}

/**
 * Runs of one place, then of two, four …, until one holds the longest axis that there may be: each place of a run is found in
 * the two it merges by binary search.
 */
function merged(graph: Graph, x: TensorValue, axis: number, k: Dimension, greatest: boolean): TensorValue {
  const size = x.shape[axis];
  const longest = size.greatest;
  if (longest === Infinity) {
    throw new GraphError("UNSUPPORTED", `${k} places of an axis of ${size}, which has no bounds`);
  }
  const others = x.shape.filter((_, i) => i !== axis);
  let runs: Runs = { width: 1, kept: Dimension.constant(1), read: (_code, _others, t) => t };
  let value: TensorValue | undefined;
  do {
    const width = 2 * runs.width;
    const kept = k.min(width);
    // The last tensor has one run: its axis goes, and the places come first.
    const last = width >= longest;
    const shape = last ? [k, ...others] : [...others, size.ceilDiv(width), kept];
    const level = mergedRuns(graph, { x, axis, greatest, shape, last, short: size.sub(k).least < 0 }, runs);
    value = level;
    runs = { width, kept, read: (code, rest, t, p) => code.read(level, code.linearIndex(shape, [...rest, t, p])) };
  } while (runs.width < longest);
  return value;
}

interface Level {
  readonly x: TensorValue;
  readonly axis: number;
  readonly greatest: boolean;
  readonly shape: readonly Dimension[];
  readonly last: boolean;
  /** Whether the axis may have less places than the last tensor. */
  readonly short: boolean;
}

function mergedRuns(graph: Graph, { x, axis, greatest, shape, last, short }: Level, runs: Runs): TensorValue {
  const size = x.shape[axis];
  /** Where the element lies: other coordinates, the two runs and their lengths, and the place in the merged run. */
  const where = (code: NodeCode) => {
    const place = code.coordinates();
    const d = last ? place[0] : place[place.length - 1];
    const others = last ? place.slice(1) : place.slice(0, -2);
    const left = last ? code.constant(0) : code.times(place[place.length - 2], 2);
    const right = code.iadd(left, code.constant(1));
    const length = (run: Value): Value => {
      const rest = code.isub(code.size(size), code.times(run, runs.width));
      return code.imax(code.imin(rest, code.size(runs.kept)), code.constant(0));
    };
    return { d, others, left, right, lengths: [length(left), length(right)] as const };
  };
  const elementOf = (code: NodeCode, others: readonly Value[], at: Value) => elementAt(code, x, axis, others, at);
  return graph.reduce(DType.INT64, shape, {
    // How many of the first d come from the left run: between lo and hi, which a binary search brings together.
    extent: Dimension.constant(Math.ceil(Math.log2(runs.kept.greatest + 1))),
    accumulators: [DType.INT64, DType.INT64],
    init(code) {
      const { d, lengths } = where(code);
      return [code.imax(code.isub(d, lengths[1]), code.constant(0)), code.imin(d, lengths[0])];
    },
    step(code, [lo, hi]) {
      const { d, others, left, right } = where(code);
      const mid = code.ushr(code.iadd(lo, hi), code.constant(1));
      const other = code.isub(code.isub(d, code.constant(1)), mid);
      const a = elementOf(code, others, runs.read(code, others, left, mid));
      const b = elementOf(code, others, runs.read(code, others, right, other));
      const active = code.ilt(lo, hi);
      // The left run's places are the lower ones: it wins ties.
      const isRight = ahead(code, x.dtype, greatest, b, a);
      const up = code.and(active, code.lnot(isRight));
      const down = code.and(active, isRight);
      return [code.select(up, code.iadd(mid, code.constant(1)), lo), code.select(down, mid, hi)];
    },
    final(code, [i]) {
      const { d, others, left, right, lengths } = where(code);
      const j = code.isub(d, i);
      const a = runs.read(code, others, left, i);
      const b = runs.read(code, others, right, j);
      const isRight = ahead(code, x.dtype, greatest, elementOf(code, others, b), elementOf(code, others, a));
      const rightIsOver = code.ile(lengths[1], j);
      const fromLeft = code.and(code.ilt(i, lengths[0]), code.or(rightIsOver, code.lnot(isRight)));
      const found = code.select(fromLeft, a, b);
      return last && short ? code.select(code.within(d, size), found, code.constantInt(-1)) : found;
    },
  });
}
