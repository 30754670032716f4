/**
 * A contraction: sums of products whose factors are found through tables of offsets. Matrix products, convolutions,
 * attention's two products and Einsum are all this one thing; the planner recognises it in a record's scalar code, and every
 * backend computes it, bit for bit the same:
 *
 *   sum[b, m, n] = Σ_r rows(b, m, r) · columns(b, n, r)            r = 0 … depth-1
 *
 * m counts the places that only the first factor depends on, n those that only the second does, b those of both. A sum
 * stands at element `outBatch[b] + outRow[m] + n` of the output: n runs along its innermost axes.
 *
 * - Floats (`FLOAT32`): blocks of 512 consecutive r; inside a block one fma chain from +0; the first block's chain is taken,
 *   each later one added in order (-0 + x = x, so this is DESIGN §3's order). Not blocked: one chain over all r.
 * - Integers (`INT32`): factors are (element - zero point), sums modulo 2^32; their order is free.
 *
 * A factor whose guard fails is +0, or the integer 0 after the zero point is taken off; it takes part all the same (0 · ∞ is
 * NaN). NaNs among the sums may have any payload: whoever stores the finished element makes it canonical.
 *
 * In memory a contraction is `WORDS` 32-bit words, little-endian; addresses are bytes from the start of the linear memory,
 * tables are of int32, offsets count elements unless said otherwise.
 */

import type { GeneratedKernels } from "./generatedKernels.ts";

/** What is summed. */
export const KIND = { FLOAT32: 0, INT32: 1 } as const;

/** How a factor's element is found. */
export const MODE = {
  /** Rows: `batch[b] + lane[m] + r · stride`. Columns: `batch[b] + lane[0] + n + depth[r]`. No guards. */
  STRIDED: 0,
  /** In the backend's own packed form, made by its `pack`; `batch[b]` counts bytes. No guards, no zero point. */
  PACKED: 1,
  /** `batch[b] + lane[i] + depth[r]`, where every guard holds. */
  GATHERED: 2,
  /** Columns of floats alone: as `quantisedColumns.ts` lays them out; `batch[b]` counts bytes. */
  QUANTISED: 3,
} as const;

/** Element types of factors: ONNX's codes. Of QUANTISED factors that of the integers, UINT8 or UINT4. */
export const FACTOR = { FLOAT32: 1, UINT8: 2, INT8: 3, UINT4: 21 } as const;

/** A guard: the element exists where `lane[i] + depth[r]`, as an unsigned number, is below `size`. */
export interface Guard {
  readonly lane: number;
  readonly depth: number;
  readonly size: number;
}

/** One factor. All table fields are addresses. */
export interface Factor {
  /** Address of the tensor's first element, or of the packed form. */
  readonly address: number;
  readonly dtype: number;
  readonly mode: number;
  readonly batch: number;
  readonly lane: number;
  readonly depth: number;
  /** Rows, STRIDED: elements from one r to the next. Columns, QUANTISED: steps that share a scale and a zero point. */
  readonly stride: number;
  /** At most 3. */
  readonly guards: readonly Guard[];
  /** Address of the zero points, elements of `dtype`; 0 for none. */
  readonly zero: number;
  /** Table of offsets of the zero points by lane; 0 where one serves all. */
  readonly zeroLane: number;
}

export interface Contraction {
  readonly kind: number;
  readonly depth: number;
  readonly rows: number;
  readonly columns: number;
  readonly batches: number;
  /** Whether sums of floats are made in blocks of 512. */
  readonly blocked: boolean;
  /** Address of the output's first element: float32 or int32. */
  readonly out: number;
  readonly outBatch: number;
  readonly outRow: number;
  readonly rowFactor: Factor;
  readonly columnFactor: Factor;
}

/** Indices of a block of a sum of floats. */
export const BLOCK = 512;
/** 32-bit words of the contraction's own fields, of a factor, of everything. */
export const HEAD_WORDS = 12;
export const FACTOR_WORDS = 20;
export const WORDS = HEAD_WORDS + 2 * FACTOR_WORDS;
/** Words that say where the sums and the rows' elements begin: those of a row group's contraction move from row to row. */
export const OUT_WORD = 6;
export const ROWS_WORD = HEAD_WORDS;
/** Most guards of a factor. */
export const MAX_GUARDS = 3;

/** The words of a contraction: head, row factor, column factor. */
export function encodeContraction(c: Contraction): Int32Array {
  const head = [c.kind, c.depth, c.rows, c.columns, c.batches, c.blocked ? 1 : 0, c.out, c.outBatch, c.outRow];
  return Int32Array.from([
    ...padded(head, HEAD_WORDS),
    ...padded(factorWords(c.rowFactor), FACTOR_WORDS),
    ...padded(factorWords(c.columnFactor), FACTOR_WORDS),
  ]);
}

function factorWords(f: Factor): number[] {
  const { address, dtype, mode, batch, lane, depth, stride, zero, zeroLane, guards } = f;
  const fields = [address, dtype, mode, batch, lane, depth, stride, zero, zeroLane, guards.length];
  return [...fields, ...guards.flatMap((guard) => [guard.lane, guard.depth, guard.size])];
}

function padded(words: readonly number[], length: number): number[] {
  if (words.length > length) throw new Error(`${words.length} words where ${length} have room`);
  return [...words, ...new Array<number>(length - words.length).fill(0)];
}

/** Which factor. */
export const SIDE = { ROWS: 0, COLUMNS: 1 } as const;

/**
 * What computes contractions in a linear memory. `at` is the address of a contraction's words. One per thread; all methods
 * are synchronous and touch nothing but the regions they are told.
 */
export interface ContractionKernels {
  readonly name: string;
  /** Present where generated kernels can run in the machine's code. */
  readonly generated?: GeneratedKernels;
  /**
   * Lanes of a panel of packed columns of floats. The packed form is panel after panel, the last one filled up, and a panel
   * is step after step, 4 bytes a lane: so any panels, and any steps of a panel, can be packed as columns of their own.
   */
  readonly panel: number;
  /** Bytes of the packed form of one factor for one batch, a multiple of 64. */
  packedBytes(kind: number, side: number, depth: number, lanes: number): number;
  /** Packs the GATHERED (or STRIDED) factor of batch `b` into `to` (64-byte aligned). */
  pack(at: number, side: number, b: number, to: number): void;
  /** Bytes of scratch that `contract` may use for this contraction, whatever the region. */
  scratchBytes(contraction: Contraction): number;
  /**
   * A good region for one call, so that packing is paid once and the sums stay in the cache; at most the contraction's own
   * extents. Many small batches (channels of a depthwise convolution) go into one call, for a call costs too. Where there
   * are several threads the regions are small enough to share out.
   */
  region(contraction: Contraction, threads?: number): Region;
  /**
   * The sums of rows [m0, m1) and columns [n0, n1) of batches [b0, b1), written to the output. `m0` is a multiple of the
   * region's rows and `n0` of its columns; the ends are free.
   */
  contract(at: number, b0: number, b1: number, m0: number, m1: number, n0: number, n1: number, scratch: number): void;
}

/** Extents of the part of a contraction that one call computes. */
export interface Region {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
}
