/**
 * Columns of floats in stretches, so that a large parameter is packed without lying in the memory as it is: a stretch is
 * some of the lanes with the whole depth, or all lanes with some of the depth, whichever reads little of the parameter.
 */

/** Bytes of the parameter that a stretch should read at most, if a unit does not read more. */
export const STRETCH_BYTES = 1 << 20;
/** Steps of the depth that are not parted: of any panel they fill whole lines of 64 bytes. */
const DEPTH_UNIT = 16;

/** Lanes [n0, n1) at steps [r0, r1), which read elements [low, high) after a batch's offset. */
export interface Stretch {
  readonly n0: number;
  readonly n1: number;
  readonly r0: number;
  readonly r1: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The stretches of columns whose element stands at `lane[n] + depth[r]`; undefined where stretches would read parts of the
 * parameter over and over, or there would be one alone.
 *
 * @param panel Lanes that are packed together and not parted.
 */
export function stretchesOf(lane: Int32Array, depth: Int32Array, panel: number): readonly Stretch[] | undefined {
  const [lanes, steps] = [rangeOf(lane, 0, lane.length), rangeOf(depth, 0, depth.length)];
  const byLanes = cut(lane, panel, steps).map(({ from, to, low, high }) => {
    return { n0: from, n1: to, r0: 0, r1: depth.length, low, high };
  });
  const byDepth = cut(depth, DEPTH_UNIT, lanes).map(({ from, to, low, high }) => {
    return { n0: 0, n1: lane.length, r0: from, r1: to, low, high };
  });
  const chosen = elementsOf(byLanes) <= elementsOf(byDepth) ? byLanes : byDepth;
  return chosen.length < 2 || elementsOf(chosen) > 2 * lane.length * depth.length ? undefined : chosen;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Part extends Range {
  readonly from: number;
  readonly to: number;
}

/** A table in runs of whole units, each of which reads at most `STRETCH_BYTES` with the other table's offsets. */
function cut(table: Int32Array, unit: number, other: Range): Part[] {
  const parts: Part[] = [];
  for (let from = 0; from < table.length; from += unit) {
    const to = Math.min(from + unit, table.length);
    const { low, high } = rangeOf(table, from, to);
    const part = { from, to, low: low + other.low, high: high + other.high - 1 };
    const last = parts.at(-1);
    const joined = last && {
      from: last.from,
      to,
      low: Math.min(last.low, part.low),
      high: Math.max(last.high, part.high),
    };
    if (joined !== undefined && 4 * (joined.high - joined.low) <= STRETCH_BYTES) parts[parts.length - 1] = joined;
    else parts.push(part);
  }
  return parts;
}

/** The least offset of `table[from … to)`, and one more than the greatest. */
function rangeOf(table: Int32Array, from: number, to: number): Range {
  let [low, high] = [Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    low = Math.min(low, table[i]);
    high = Math.max(high, table[i] + 1);
  }
  return { low, high };
}

const elementsOf = (ranges: readonly Range[]): number => ranges.reduce((sum, { low, high }) => sum + high - low, 0);
