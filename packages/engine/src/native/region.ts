/** How native kernels like a contraction cut: parts big enough to pay for a call and its packing, small enough to share out. */
import { BLOCK, MODE, type Contraction, type Region } from "../contraction.ts";

/** Multiply-adds that are worth a call: about 50 µs of one core. */
const WORK = 1 << 21;
/** Bytes of columns that a call reads at least, where few rows make reading them all the work. */
const BYTES = 1 << 19;
/** Columns packed at once by the kernels: a region of gathered columns is cut there. */
const CHUNK = 256;
/** Fewest rows that pay for packing columns again. */
const PACKING_ROWS = 64;

/** `panel`: columns of a packed panel; `tile`: rows of the largest tile. */
export function goodRegion(c: Contraction, panel: number, tile: number): Region {
  const { rows, columns, batches, depth, columnFactor } = c;
  const whole = rows * columns * depth;
  if (whole <= WORK) return { rows, columns, batches: clamp(Math.floor(WORK / Math.max(whole, 1)), 1, batches) };
  const gathered = columnFactor.mode === MODE.GATHERED;
  const limit = gathered ? CHUNK : columns;
  const enough = Math.max(WORK / (rows * depth), BYTES / (4 * depth));
  const width = evenPart(columns, clamp(Math.ceil(enough / panel) * panel, panel, roundUp(limit, panel)), panel);
  const least = gathered ? PACKING_ROWS : tile;
  const height = evenPart(rows, Math.max(least, Math.ceil(WORK / (width * Math.min(depth, 4 * BLOCK)))), tile);
  return { rows: height, columns: width, batches: 1 };
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
