/** How native kernels like a contraction cut: parts big enough to pay for a call and its packing, small enough to share out. */
import { MODE, type Contraction, type Region } from "../contraction.ts";

/** Multiply-adds that are worth a call: some 70 µs of one core. */
const WORK = 1 << 22;
/** Bytes of packed columns that a call reads at least, where few rows make reading them all the work. */
const BYTES = 1 << 19;
/** Bytes of sums that a call makes, where it may choose: they are still cached when they are used. */
const SUMS = 1 << 19;
/** Columns of a call over columns that are not packed, and rows that pay for gathering them once more. */
const LEAST_COLUMNS = 128;
const MOST_COLUMNS = 1024;
const GATHERING_ROWS = 512;
/** Most rows of a call over packed columns: a block of their depth stays in the second-level cache. */
const ROWS = 256;

/** Parts that each thread should find, and multiply-adds below which none is cut for that: some 10 µs of one core. */
const PARTS = 3;
const SHARED_WORK = 1 << 19;

/** `panel`: columns of a packed panel; `tile`: rows of the largest tile. */
export function goodRegion(c: Contraction, panel: number, tile: number, threads = 1): Region {
  let { rows, columns, batches } = largeRegion(c, panel, tile);
  const parts = (): number =>
    Math.ceil(c.rows / rows) * Math.ceil(c.columns / columns) * Math.ceil(c.batches / batches);
  while (threads > 1 && parts() < PARTS * threads && rows * columns * batches * c.depth >= 2 * SHARED_WORK) {
    if (batches > 1) batches = Math.ceil(batches / 2);
    else if (columns >= 4 * panel) columns = evenPart(c.columns, Math.ceil(columns / 2), panel);
    else if (rows >= 4 * panel) rows = evenPart(c.rows, Math.ceil(rows / 2), panel);
    else break;
  }
  return { rows, columns, batches };
}

/** The region for one thread. */
function largeRegion(c: Contraction, panel: number, tile: number): Region {
  const { rows, columns, batches, depth, columnFactor } = c;
  const whole = rows * columns * depth;
  if (whole <= WORK) {
    const most = Math.min(WORK / Math.max(whole, 1), SUMS / Math.max(4 * rows * columns, 1));
    return { rows, columns, batches: clamp(Math.floor(most), 1, batches) };
  }
  if (columnFactor.mode === MODE.PACKED) {
    const height = evenPart(rows, ROWS, tile);
    const width = Math.max(WORK / (height * depth), BYTES / (4 * depth), SUMS / (4 * height), panel);
    return { rows: height, columns: evenPart(columns, roundUp(width, panel), panel), batches: 1 };
  }
  // Whole panels of rows, for they may be packed like columns.
  if (columnFactor.mode === MODE.STRIDED) {
    // Read where they are: long rows, for what is done with the sums afterwards runs along them.
    const width = evenPart(columns, MOST_COLUMNS, panel);
    return { rows: evenPart(rows, roundUp(SUMS / (4 * width), panel), panel), columns: width, batches: 1 };
  }
  const height = evenPart(rows, Math.max(GATHERING_ROWS, SUMS / (4 * columns)), panel);
  const width = roundUp(clamp(SUMS / (4 * height), LEAST_COLUMNS, MOST_COLUMNS), panel);
  return { rows: height, columns: evenPart(columns, width, panel), batches: 1 };
}

/** The part of `extent`, a multiple of `unit`, that cuts it into as many parts as `wanted` does, but nearly equal ones. */
function evenPart(extent: number, wanted: number, unit: number): number {
  const parts = Math.ceil(extent / wanted);
  return parts <= 1 ? extent : roundUp(Math.ceil(extent / parts), unit);
}

function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}

function clamp(n: number, low: number, high: number): number {
  return Math.max(low, Math.min(n, high));
}
