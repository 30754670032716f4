/**
 * Columns of floats as integers of 4 or 8 bits, as models with quantised weights have them. The element of lane n at step r is
 *
 *   (q - zero) · scale
 *
 * in binary32: the difference is exact, the product is rounded once. `group` consecutive steps of a lane share a scale and a
 * zero point. In memory panel follows panel, the last filled up with zeros; a panel is
 *
 * - words of 32 bits: that of lane i of the panel and steps [w · j, w · (j + 1)) is number j · lanes + i, the first step in its
 *   lowest bits; w is 8 for 4 bits, 4 for 8 bits;
 * - scales: that of lane i and group g is number g · lanes + i;
 * - zero points, bytes, in the same order;
 *
 * and a multiple of 64 bytes.
 */
import { FACTOR } from "./contraction.ts";

/** How columns are quantised. */
export interface Quantisation {
  readonly bits: 4 | 8;
  /** Steps that share a scale and a zero point: a multiple of `LEAST_GROUP`, or the whole depth. */
  readonly group: number;
}

/** Steps of the word that holds most. */
export const LEAST_GROUP = 8;

/** The type that a QUANTISED factor's words name. */
export const typeOf = ({ bits }: Quantisation): number => (bits === 4 ? FACTOR.UINT4 : FACTOR.UINT8);

/** Where the parts of a panel lie. */
export interface PanelLayout {
  readonly wordSteps: number;
  /** Byte offsets of the scales and of the zero points. */
  readonly scales: number;
  readonly zeros: number;
  readonly bytes: number;
}

/** @param panel Lanes of a panel. */
export function panelLayout(panel: number, depth: number, { bits, group }: Quantisation): PanelLayout {
  const wordSteps = 32 / bits;
  const scales = 4 * panel * Math.ceil(depth / wordSteps);
  const zeros = scales + 4 * panel * Math.ceil(depth / group);
  return { wordSteps, scales, zeros, bytes: Math.ceil((zeros + panel * Math.ceil(depth / group)) / 64) * 64 };
}

/** Bytes of columns of this depth. */
export function quantisedBytes(panel: number, depth: number, lanes: number, quantisation: Quantisation): number {
  return Math.ceil(lanes / panel) * panelLayout(panel, depth, quantisation).bytes;
}
