/** How native kernels like a contraction cut: parts big enough to pay for a call and its packing, small enough to share out. */
import { MODE, type Contraction, type Region } from "../contraction.ts";

/** Multiply-adds that are worth a call: some 70 µs of one core. */
const WORK = 1 << 22;
/** Bytes of packed columns that a call reads at least, where few rows make reading them all the work. */
const BYTES = 1 << 19;
/** Bytes of sums that a call makes at most, where it may choose: they are still cached when they are used. */
const SUMS = 1 << 19;
/** Columns of a call that packs them, and the fewest rows that pay for packing them again. */
const LEAST_COLUMNS = 400;
const MOST_COLUMNS = 1024;
const PACKING_ROWS = 128;
/** Most rows of a call over packed columns: a block of their depth stays in the second-level cache. */
const ROWS = 256;

/** `panel`: columns of a packed panel; `tile`: rows of the largest tile. */
export function goodRegion(c: Contraction, panel: number, tile: number): Region {
  const { rows, columns, batches, depth, columnFactor } = c;
  const whole = rows * columns * depth;
  if (whole <= WORK) {
    const most = Math.min(WORK / Math.max(whole, 1), SUMS / Math.max(4 * rows * columns, 1));
    return { rows, columns, batches: clamp(Math.floor(most), 1, batches) };
  }
  if (columnFactor.mode === MODE.PACKED) {
    const height = evenPart(rows, ROWS, tile);
    const width = Math.max(WORK / (height * depth), BYTES / (4 * depth), panel);
    return { rows: height, columns: evenPart(columns, roundUp(width, panel), panel), batches: 1 };
  }
  // Long rows, for what is done with the sums afterwards is done range by range.
  const width = evenPart(columns, roundUp(clamp(columns / 4, LEAST_COLUMNS, MOST_COLUMNS), panel), panel);
  const height = Math.max(PACKING_ROWS, Math.min(WORK / (width * depth), SUMS / (4 * width)));
  // Whole panels, for rows may be packed like columns.
  return { rows: evenPart(rows, roundUp(height, panel), panel), columns: width, batches: 1 };
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
