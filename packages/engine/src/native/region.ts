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

/** Parts for each thread that are cut no further: what the last one to finish keeps the others waiting is little. */
const ENOUGH_PARTS = 8;
/** Into how many parts each extent of a region is cut, to find the best. */
const CUTS = [1, 2, 3, 4, 6, 8, 12, 16];
/**
 * What a part costs beside its multiply-adds, in multiply-adds: being taken, with what threads then find in no cache; a sum's
 * beginning, end and last part.
 */
const COST = { part: 1 << 15, sum: 16 };
/**
 * An element of a factor that is read once more, by its mode: weights, which are packed, come from far. Packed columns are
 * asked for in time, and are best read again for few rows that stay in the first-level cache.
 */
const READ = {
  row: { [MODE.STRIDED]: 2, [MODE.PACKED]: 8, [MODE.GATHERED]: 4 } as Readonly<Record<number, number>>,
  column: { [MODE.STRIDED]: 2, [MODE.PACKED]: 0, [MODE.GATHERED]: 4, [MODE.QUANTISED]: 2 } as Readonly<
    Record<number, number>
  >,
};

/** `panel`: columns of a packed panel; `tile`: rows of the largest tile. */
export function goodRegion(c: Contraction, panel: number, tile: number, threads = 1): Region {
  const large = largeRegion(c, panel, tile);
  return threads === 1 ? large : sharedRegion(c, large, panel, threads);
}

/** A region at most as large, of those that threads are done with soonest. */
function sharedRegion(c: Contraction, large: Region, panel: number, threads: number): Region {
  const parts = partsOf(c.batches, large.batches) * partsOf(c.rows, large.rows) * partsOf(c.columns, large.columns);
  if (parts >= ENOUGH_PARTS * threads) return large;
  let [best, least] = [large, timeOf(c, large, panel, threads)];
  // Many batches are cut between them: a whole image of a depthwise convolution stays one.
  const whole = c.batches >= threads;
  for (const batches of cutsOf(large.batches, 1)) {
    for (const rows of whole ? [large.rows] : cutsOf(large.rows, panel)) {
      for (const columns of whole ? [large.columns] : cutsOf(large.columns, panel)) {
        const region = { batches, rows, columns };
        const time = timeOf(c, region, panel, threads);
        if (time < least) [best, least] = [region, time];
      }
    }
  }
  return best;
}

const partsOf = (extent: number, part: number): number => Math.ceil(extent / Math.max(part, 1));

/** An extent cut into several numbers of parts, each a multiple of `unit`. */
function cutsOf(extent: number, unit: number): number[] {
  const parts = CUTS.map((count) => Math.min(extent, roundUp(Math.ceil(extent / count), unit)));
  return [...new Set(parts)];
}

/**
 * When threads that take part after part are all done, in multiply-adds; and a sixteenth of a part on top, for one of them
 * may be held up. Gathered columns are as windows of an image have them: each part gathers those beside its own too, of a
 * square image some three rows.
 */
function timeOf(c: Contraction, region: Region, panel: number, threads: number): number {
  const [row, column] = [READ.row[c.rowFactor.mode], READ.column[c.columnFactor.mode]];
  const border = c.columnFactor.mode === MODE.GATHERED ? 3 * Math.sqrt(c.columns) : 0;
  const costs: number[] = [];
  for (let b = 0; b < c.batches; b += region.batches) {
    const batches = Math.min(region.batches, c.batches - b);
    for (let n = 0; n < c.columns; n += region.columns) {
      const columns = Math.min(region.columns, c.columns - n);
      for (let m = 0; m < c.rows; m += region.rows) {
        const rows = Math.min(region.rows, c.rows - m);
        const sums = rows * roundUp(columns, panel / 2) * (c.depth + COST.sum);
        costs.push(COST.part + batches * (sums + (row * rows + column * (columns + border)) * c.depth));
      }
    }
  }
  const { length: parts } = costs;
  const all = costs.reduce((sum, cost) => sum + cost, 0);
  // The first thread takes parts from the front, the others from the end, as native/threads.h has it.
  const busy = new Array<number>(threads).fill(0);
  for (let [first, end] = [0, parts]; first < end;) {
    const free = busy.indexOf(Math.min(...busy));
    busy[free] += free === 0 ? costs[first++] : costs[--end];
  }
  return Math.max(...busy) + (parts === 0 ? 0 : all / parts / 16);
}

/** The region for one thread. */
function largeRegion(c: Contraction, panel: number, tile: number): Region {
  const { rows, columns, batches, depth, columnFactor } = c;
  const whole = rows * columns * depth;
  if (whole <= WORK) {
    const most = Math.min(WORK / Math.max(whole, 1), SUMS / Math.max(4 * rows * columns, 1));
    return { rows, columns, batches: clamp(Math.floor(most), 1, batches) };
  }
  if (columnFactor.mode === MODE.PACKED || columnFactor.mode === MODE.QUANTISED) {
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
