/** For tests: contractions whose columns are quantised, beside the same ones with columns of floats. */
import { float32 } from "@assay/vm";
import type { Random } from "@assay/vm/testing/random";
import { FACTOR, MODE, type Contraction } from "../contraction.ts";
import type { Heap } from "../kernels/testing.ts";
import { Quantiser } from "../kernels/quantiser.ts";
import { quantisedLayout, typeOf, type Quantisation } from "../quantisedColumns.ts";

/** Scales that are no ordinary ones. */
const SPECIALS = [0, 0x80000000, 1, 0x80000001, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x00400000];

export interface QuantisedPair {
  readonly floats: Contraction;
  readonly quantised: Contraction;
}

/**
 * A contraction with columns of random integers and scales in place of its own: as floats, and as they are quantised.
 *
 * @param panel Lanes of a panel.
 * @param apart Elements from a step to the next; 1, or so many that lanes lie between.
 */
export function quantisedPair(
  heap: Heap,
  random: Random,
  c: Contraction,
  panel: number,
  quantisation: Quantisation,
  isTurned: boolean,
): QuantisedPair {
  const { depth, columns } = c;
  const { bits, group } = quantisation;
  const place = (n: number, r: number): number => (isTurned ? r * columns + n : n * depth + r);
  const integers = new Float32Array(columns * depth);
  const scales = new Uint32Array(columns * depth);
  for (let n = 0; n < columns; n++) {
    for (let r0 = 0; r0 < depth; r0 += group) {
      // The least and the greatest that bits hold, or a few about 0.
      const zero = random.below(2 ** bits);
      const scale = random.chance(10) ? random.pick(SPECIALS) : float32.fromNumber(random.between(-400, 400) / 999);
      for (let r = r0; r < Math.min(r0 + group, depth); r++) {
        integers[place(n, r)] = random.below(2 ** bits) - zero;
        scales[place(n, r)] = scale;
      }
    }
  }
  const values = scales.map((scale, i) => float32.mul(scale, float32.fromNumber(integers[i])));
  const words = (data: Float32Array | Uint32Array): number => heap.words(new Int32Array(data.buffer));
  const [ofIntegers, ofScales] = [words(integers), words(scales)];
  const layout = quantisedLayout(panel, depth, columns, quantisation);
  const address = heap.allocate(layout.bytes);
  new Uint8Array(heap.memory.buffer).fill(0, address, address + layout.bytes);
  const quantiser = new Quantiser(heap.memory, { shared: false }, panel);
  for (let n = 0; n < columns; n++) {
    const at = 4 * place(n, 0);
    const from = { integers: ofIntegers + at, scales: ofScales + at, apart: 4 * (isTurned ? columns : 1) };
    const misfit = quantiser.lane(address, n, depth, quantisation, layout, from);
    if (misfit !== undefined) throw new Error(`lane ${n}: ${misfit}`);
  }
  const own = { ...c.columnFactor, guards: [], zero: 0, zeroLane: 0 };
  const batch = heap.words(new Array<number>(c.batches).fill(0));
  return {
    floats: {
      ...c,
      columnFactor: {
        ...own,
        address: words(values),
        dtype: FACTOR.FLOAT32,
        mode: MODE.GATHERED,
        batch,
        lane: heap.words(Array.from({ length: columns }, (_, n) => place(n, 0))),
        depth: heap.words(Array.from({ length: depth }, (_, r) => place(0, r))),
      },
    },
    quantised: {
      ...c,
      columnFactor: { ...own, address, dtype: typeOf(quantisation), mode: MODE.QUANTISED, stride: group, batch },
    },
  };
}
