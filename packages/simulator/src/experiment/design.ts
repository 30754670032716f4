// Where an experiment looks: a list of points, each a level in [0, 1] per axis, and how a level becomes a value.
import { Stream } from "../random.ts";
import type { Axis, Experiment } from "./schema.ts";

/** Levels by axis. A level is in [0, 1]; of a listed axis it is an index. */
export type Point = readonly number[];

/** The design's own streams stand at a point that no run has. */
const DESIGN = 0xffffffff;

/** The value of an axis at a level: a number, or a case's index. */
export function valueAt(axis: Axis, level: number): number {
  if (axis.values !== undefined) return axis.values[level];
  if (axis.cases !== undefined) return level;
  const { from, to, scale, whole } = axis.range!;
  const value = scale === "log" ? from * (to / from) ** level : from + level * (to - from);
  return whole ? Math.round(value) : value;
}

/** The name of an axis' value, for tables and charts. */
export function labelAt(axis: Axis, level: number): string {
  if (axis.cases !== undefined) return axis.cases[level].name;
  return String(Number(valueAt(axis, level).toPrecision(6)));
}

/** The levels a grid takes on an axis. */
export function gridLevels(axis: Axis): number[] {
  const count = axis.values?.length ?? axis.cases?.length;
  if (count !== undefined) return Array.from({ length: count }, (_, i) => i);
  const { steps } = axis.range!;
  return Array.from({ length: steps }, (_, i) => i / (steps - 1));
}

/** Every combination, the last axis fastest. */
export function grid(axes: readonly Axis[]): Point[] {
  return axes.reduce<number[][]>(
    (points, axis) => points.flatMap((point) => gridLevels(axis).map((level) => [...point, level])),
    [[]],
  );
}

/** One point in each of `count` equal strata of every axis, paired at random (McKay, Beckman, Conover, 1979). */
export function latinHypercube(dimensions: number, count: number, stream: Stream): Point[] {
  const columns = Array.from({ length: dimensions }, () => {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = stream.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order.map((stratum) => (stratum + stream.uniform()) / count);
  });
  return Array.from({ length: count }, (_, i) => columns.map((column) => column[i]));
}

export function monteCarlo(dimensions: number, count: number, stream: Stream): Point[] {
  return Array.from({ length: count }, () => Array.from({ length: dimensions }, () => stream.uniform()));
}

/** Morris trajectories: each starts on the level grid and moves one axis after another by half the levels. */
export function morris(dimensions: number, trajectories: number, levels: number, stream: Stream): Point[] {
  const step = levels / (2 * (levels - 1));
  const points: Point[] = [];
  for (let t = 0; t < trajectories; t++) {
    const point = Array.from({ length: dimensions }, () => stream.below(levels) / (levels - 1));
    const order = Array.from({ length: dimensions }, (_, i) => i);
    for (let i = dimensions - 1; i > 0; i--) {
      const j = stream.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    points.push([...point]);
    for (const axis of order) {
      point[axis] += point[axis] + step <= 1 + 1e-12 ? step : -step;
      points.push([...point]);
    }
  }
  return points;
}

/** Saltelli's scheme for Sobol indices: for each sample A, B, and A with one axis at a time from B. */
export function saltelli(dimensions: number, samples: number, stream: Stream): Point[] {
  const both = latinHypercube(2 * dimensions, samples, stream);
  return both.flatMap((row) => {
    const a = row.slice(0, dimensions);
    const b = row.slice(dimensions);
    return [a, b, ...a.map((_, axis) => a.map((value, i) => (i === axis ? b[i] : value)))];
  });
}

/** The points of an experiment whose points are known beforehand; undefined for a search. */
export function designOf(experiment: Experiment): Point[] | undefined {
  const { axes, method, seed } = experiment;
  const stream = new Stream(seed, DESIGN);
  switch (method.kind) {
    case "grid":
      return grid(axes);
    case "latinHypercube":
      return latinHypercube(axes.length, method.points, stream);
    case "monteCarlo":
      return monteCarlo(axes.length, method.points, stream);
    case "morris":
      return morris(axes.length, method.trajectories, method.levels, stream);
    case "sobol":
      return saltelli(axes.length, method.samples, stream);
    default:
      return undefined;
  }
}
