/**
 * Columns of floats as integers of 4 or 8 bits, as models with quantised weights have them. The element of lane n at step r is
 *
 *   (q - zero) · scale
 *
 * in binary32: the difference is exact, the product is rounded once. `group` consecutive steps of a lane share a scale and a
 * zero point. In memory panel follows panel, the last filled up with zeros; a panel is its groups one after another, so that
 * it is read from one end to the other, and a group is
 *
 * - a scale for each lane;
 * - words of 32 bits: that of lane i and the group's steps [w · j, w · (j + 1)) is number j · lanes + i, the first step in its
 *   lowest bits; w is 8 for 4 bits, 4 for 8 bits.
 *
 * Behind all panels follow the zero points, bytes: that of lane i in group g of panel p is number (p · groups + g) · lanes + i.
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

/** Where the parts of columns lie: offsets and distances in bytes, but for `wordSteps`, steps of a word. */
export interface QuantisedLayout {
  readonly wordSteps: number;
  readonly groups: number;
  /** From a group to the next, and from a panel to the next. */
  readonly group: number;
  readonly panel: number;
  readonly zeros: number;
  /** Of everything, a multiple of 64. */
  readonly bytes: number;
}

/** @param panel Lanes of a panel. */
export function quantisedLayout(
  panel: number,
  depth: number,
  lanes: number,
  { bits, group }: Quantisation,
): QuantisedLayout {
  const wordSteps = 32 / bits;
  const groups = Math.ceil(depth / group);
  const panels = Math.ceil(lanes / panel);
  const panelBytes = 4 * panel * (groups + Math.ceil(depth / wordSteps));
  const zeros = panels * panelBytes;
  return {
    wordSteps,
    groups,
    group: 4 * panel * (1 + group / wordSteps),
    panel: panelBytes,
    zeros,
    bytes: Math.ceil((zeros + panels * groups * panel) / 64) * 64,
  };
}
