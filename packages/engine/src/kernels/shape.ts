/**
 * Sizes that the kernels are made of, and where things lie: the words of a contraction, the packed panels, the scratch.
 *
 * A packed factor is a row of panels, each of `ROW_LANES` rows of its kind or `COLUMN_LANES` columns, zero-padded, step
 * by step: a step is one index r of floats, or a pair of indices of integers as two signed 16-bit numbers, so 4 bytes a
 * lane either way.
 */
import { BLOCK, HEAD_WORDS, FACTOR_WORDS, KIND, SIDE } from "../contraction.ts";

/**
 * Rows of the register tile by kind. Of floats 12 vectors of sums, 2 of columns and 1 of a row fit the 15 registers
 * that V8 has to give; integers need one more for the product, and do best with 8 of sums.
 */
export const ROW_LANES = { [KIND.FLOAT32]: 6, [KIND.INT32]: 4 } as const;
/** Columns of the register tile. */
export const COLUMN_LANES = 8;
export const LANE_BYTES = 4;

/** Byte offsets in a contraction. */
export const HEAD = {
  kind: 0,
  depth: 4,
  rows: 8,
  columns: 12,
  batches: 16,
  blocked: 20,
  out: 24,
  outBatch: 28,
  outRow: 32,
  rowFactor: HEAD_WORDS * 4,
  columnFactor: (HEAD_WORDS + FACTOR_WORDS) * 4,
} as const;

/** Byte offsets in a factor. */
export const FIELD = {
  address: 0,
  dtype: 4,
  mode: 8,
  batch: 12,
  lane: 16,
  depth: 20,
  stride: 24,
  zero: 28,
  zeroLane: 32,
  guards: 36,
  guard: 40,
} as const;
/** Bytes of a guard, and where its fields are in it. */
export const GUARD = { lane: 0, depth: 4, size: 8, bytes: 12 } as const;

/** Rows and columns that are packed at a time: of 512 steps, 192 KiB and 512 KiB. */
export const CHUNK = { rows: 96, columns: 256 } as const;

/** Bytes before the packed panels in the scratch, and what they hold. */
export const SCRATCH = {
  /** Sums of a tile that is cut off by the last column. */
  tile: 0,
  /** The offsets of its rows, as in `outRow`. */
  tileRows: ROW_LANES[KIND.FLOAT32] * COLUMN_LANES * 4,
  /** What the vector packers know of four lanes. */
  lanes: 256,
  /** Least and greatest depth offset of each guard in the current block. */
  ranges: 384,
  panels: 512,
} as const;

/** Steps of a depth. */
export const stepsOf = (kind: number, depth: number): number => (kind === KIND.FLOAT32 ? depth : Math.ceil(depth / 2));
/** Steps of a block. */
export const blockSteps = (kind: number): number => stepsOf(kind, BLOCK);

/** Lanes of a panel. */
export const lanesOf = (kind: number, side: number): number => (side === SIDE.ROWS ? rowLanes(kind) : COLUMN_LANES);
export const rowLanes = (kind: number): number => (kind === KIND.FLOAT32 ? ROW_LANES[0] : ROW_LANES[1]);
export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
