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

/** What keeps a lane from being quantised so: other bits may do, other groups, or nothing. */
export type Misfit = "bits" | "group" | "none";

/** The elements of some lanes: an integer as binary32 and the pattern of its scale at `lane[n] + depth[r]`. */
export interface Elements {
  readonly integers: Float32Array;
  readonly scales: Uint32Array;
  readonly depth: Int32Array;
}

/** Writes lanes of columns, each once, into memory that is all zeros. */
export class QuantisedWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #panel: number;
  readonly #depth: number;
  readonly #quantisation: Quantisation;
  readonly #layout: PanelLayout;

  constructor(bytes: Uint8Array, panel: number, depth: number, quantisation: Quantisation) {
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    this.#panel = panel;
    this.#depth = depth;
    this.#quantisation = quantisation;
    this.#layout = panelLayout(panel, depth, quantisation);
  }

  /** Writes lane `n`, whose elements begin at `from`; says what does not fit, after which nothing written is of use. */
  lane(n: number, { integers, scales, depth }: Elements, from: number): Misfit | undefined {
    const [bytes, words, panel] = [this.#bytes, this.#words, this.#panel];
    const { bits, group } = this.#quantisation;
    const { wordSteps, ...layout } = this.#layout;
    const greatest = 2 ** bits - 1;
    const start = Math.floor(n / panel) * layout.bytes;
    const own = n % panel;
    for (let g = 0, r0 = 0; r0 < this.#depth; g++, r0 += group) {
      const r1 = Math.min(r0 + group, this.#depth);
      const scale = scales[from + depth[r0]];
      let [least, most] = [0, 0];
      for (let r = r0; r < r1; r++) {
        const value = integers[from + depth[r]];
        if (scales[from + depth[r]] !== scale) return "group";
        if (value < least) least = value;
        else if (value > most) most = value;
        // Also where it is not a number.
        else if (!(value >= least)) return "none";
      }
      if (!(most - least <= greatest)) return most - least <= 255 ? "bits" : "none";
      for (let r = r0; r < r1;) {
        const word = (start >> 2) + Math.floor(r / wordSteps) * panel + own;
        let packed = 0;
        for (let place = 0; place < 32 && r < r1; place += bits, r++) {
          const value = integers[from + depth[r]] - least;
          if (Math.trunc(value) !== value) return "none";
          packed |= value << place;
        }
        words[word] = packed;
      }
      words[(start + layout.scales) / 4 + g * panel + own] = scale | 0;
      bytes[start + layout.zeros + g * panel + own] = -least;
    }
    return undefined;
  }
}
