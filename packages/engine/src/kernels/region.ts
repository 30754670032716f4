/**
 * How these kernels like a contraction cut: whole chunks of columns, rows enough to pay for packing columns again,
 * parts big enough to pay for a call, and where there are several threads, parts enough to keep them all busy to the
 * end.
 */
import type { Contraction, Region } from "../contraction.ts";
import { CHUNK, COLUMN_LANES, roundUp, rowLanes } from "./shape.ts";
import { isShort, SHORT_COLUMNS } from "./short.ts";

/** Products that are worth a call of its own: some ten microseconds of one core. */
const LEAST_WORK = 2 ** 18;
/** Parts for each thread: the last ones to finish leave others idle for no longer than one part takes. */
const PARTS = 4;
/** Most sums of a call: they stay in the second-level cache until their elements are finished. */
const MOST_SUMS = 4 * CHUNK.rows * CHUNK.columns;
/** Fewest rows of a call that is cut for threads: columns are packed again for each. */
const LEAST_ROWS = CHUNK.rows;
/** Fewest columns of a call that is cut for threads: rows are packed again for each. */
const LEAST_COLUMNS = 8 * COLUMN_LANES;

/** A good region for one call; its extents are at least 1, also of a contraction that has no sums. */
export function goodRegion(contraction: Contraction, threads = 1): Region {
  const { kind, depth, rows, columns, batches } = contraction;
  const most = isShort(contraction) ? SHORT_COLUMNS : CHUNK.columns;
  let width = evenPart(columns, most, COLUMN_LANES);
  let height = evenPart(rows, Math.max(LEAST_ROWS, Math.floor(MOST_SUMS / width)), rowLanes(kind));
  const work = (): number => depth * width * height;
  const parts = (): number => Math.ceil(rows / height) * Math.ceil(columns / width) * batches;
  const wanted = threads > 1 ? PARTS * threads : 1;
  while (parts() < wanted && work() >= 2 * LEAST_WORK) {
    if (width >= 2 * LEAST_COLUMNS) width = evenPart(columns, Math.ceil(width / 2), COLUMN_LANES);
    else if (height >= 2 * LEAST_ROWS) height = evenPart(rows, Math.ceil(height / 2), rowLanes(kind));
    else break;
  }
  const together = Math.max(1, Math.ceil(LEAST_WORK / Math.max(1, work())));
  // Batches in one call, but no fewer calls than there are parts wanted.
  const share = Math.max(1, Math.floor(parts() / wanted));
  return { rows: height, columns: width, batches: Math.max(1, Math.min(batches, together, share)) };
}

/** A part of `extent`, a multiple of `unit`: as few parts of at most `most` as can be, nearly equal; at least 1. */
function evenPart(extent: number, most: number, unit: number): number {
  const parts = Math.ceil(extent / most);
  return parts <= 1 ? Math.max(1, extent) : roundUp(Math.ceil(extent / parts), unit);
}
