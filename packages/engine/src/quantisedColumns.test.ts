/**
 * Quantised columns: every kernel against the naive oracle over the same columns as floats, and which weights are held so.
 *
 * @weight 20
 */
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
import { KIND, MODE, SIDE, type ContractionKernels } from "./contraction.ts";
import { oracle } from "./kernels/oracle.ts";
import { fusesMadd } from "./kernels/probe.ts";
import { Quantiser } from "./kernels/quantiser.ts";
import { compute, Heap, randomContraction, sums, withPacked, type Wanted } from "./kernels/testing.ts";
import { wasmKernels } from "./kernels/wasmKernels.ts";
import { kernelsOf, same, setsOrSkip } from "./native/testing.ts";
import { quantisedLayout, type Quantisation } from "./quantisedColumns.ts";
import { quantisedPair } from "./testing/quantised.ts";

const { FLOAT32 } = KIND;
const { STRIDED, GATHERED } = MODE;

type Size = Pick<Wanted, "rows" | "columns" | "depth" | "batches" | "blocked" | "rowMode">;

function check(
  makes: readonly ((heap: Heap) => ContractionKernels)[],
  seed: number,
  size: Size,
  how: Quantisation,
): void {
  const random = new Random(seed);
  const heap = new Heap();
  const made = randomContraction(heap, random, { kind: FLOAT32, specials: seed % 3 === 0, ...size });
  for (const make of makes) {
    const kernels = make(heap);
    const { floats, quantised } = quantisedPair(heap, random, made, kernels.panel, how, random.chance(50));
    const want = sums(heap, floats, (_, b, m, n) => oracle(heap.view(), floats, b, m, n));
    const part = {
      batches: random.between(1, made.batches),
      rows: random.between(1, made.rows),
      columns: 32 * random.between(1, Math.ceil(made.columns / 32)),
    };
    // Rows may be packed too, where both factors are the same in every run.
    for (const one of [quantised, withPacked(heap, kernels, quantised, [SIDE.ROWS])]) {
      for (const region of [kernels.region(one), kernels.region(one, 3), part]) {
        const say = JSON.stringify({ kernels: kernels.name, seed, ...size, ...how, region, row: one.rowFactor.mode });
        same(compute(heap, kernels, one, region), want, one, say);
      }
    }
  }
}

function checkSizes(makes: readonly ((heap: Heap) => ContractionKernels)[]): void {
  let seed = 0;
  for (const bits of [4, 8] as const) {
    for (const depth of [1, 7, 8, 9, 31, 33, 511, 513, 1030]) {
      for (const group of [8, 32, depth]) {
        const rows = [1, 2, 4, 5, 1 + (seed % 17)][seed % 5];
        check(makes, seed++, { depth, rows, columns: 1 + ((seed * 7) % 67), blocked: seed % 4 !== 0 }, { bits, group });
      }
    }
    for (let columns = 1; columns <= 65; columns += 3) {
      const [rows, rowMode] = [1 + (columns % 4), columns % 2 === 0 ? STRIDED : GATHERED];
      check(makes, seed++, { depth: 40, rows, columns, batches: 2, rowMode }, { bits, group: 16 });
    }
    check(makes, seed++, { depth: 70, rows: 70, columns: 300 }, { bits, group: 16 });
    // Few columns of many rows, which packed rows are turned for.
    check(makes, seed++, { depth: 24, rows: 100, columns: 13 }, { bits, group: 8 });
  }
}

describe("quantised columns", () => {
  for (const emulate of fusesMadd() ? [false, true] : [true]) {
    it(`are summed by WebAssembly, fused multiply-add ${emulate ? "emulated" : "by the machine"}`, () => {
      checkSizes([(heap) => wasmKernels(heap.memory, { shared: false, emulate })]);
    }).timeout(120_000);
  }

  it("are summed by every instruction set that the machine runs", function () {
    const sets = setsOrSkip(this);
    checkSizes(sets.map((set) => (heap: Heap) => kernelsOf(heap, set)));
  }).timeout(300_000);

  describe("say what does not fit", () => {
    const scale = 0.5;
    /** What is said of a lane of these integers and scales. */
    function said(integers: readonly number[], scales: readonly number[], { bits, group }: Quantisation, apart = 1) {
      const heap = new Heap();
      const steps = integers.length;
      const spread = (values: readonly number[]): number => {
        const wide = new Float32Array(steps * apart).fill(1e9);
        values.forEach((value, r) => (wide[r * apart] = value));
        return heap.words(new Int32Array(wide.buffer));
      };
      const elements = { integers: spread(integers), scales: spread(scales), apart: 4 * apart };
      const layout = quantisedLayout(8, steps, 1, { bits, group });
      const to = heap.allocate(layout.bytes);
      return new Quantiser(heap.memory, { shared: false }, 8).lane(to, 0, steps, { bits, group }, layout, elements);
    }
    const numbers = (steps: number, of: (r: number) => number): number[] =>
      Array.from({ length: steps }, (_, r) => of(r));
    const even = numbers(24, () => scale);

    for (const apart of [1, 3]) {
      it(`of steps ${apart} apart`, () => {
        const how: Quantisation = { bits: 4, group: 24 };
        for (let odd = 0; odd < 24; odd++) {
          const with_ = (value: number): number[] => numbers(24, (r) => (r === odd ? value : r % 8));
          expect(said(with_(15), even, how, apart)).to.equal(undefined);
          expect(said(with_(-8), even, how, apart)).to.equal(undefined);
          expect(said(with_(16), even, how, apart)).to.equal("bits");
          expect(said(with_(-9), even, how, apart)).to.equal("bits");
          expect(said(with_(255), even, { ...how, bits: 8 }, apart)).to.equal(undefined);
          expect(said(with_(-248), even, { ...how, bits: 8 }, apart)).to.equal(undefined);
          for (const bits of [4, 8] as const) {
            for (const value of [256, -249, 1e6, -(2 ** 24)]) {
              expect(said(with_(value), even, { ...how, bits }, apart)).to.equal("none");
            }
          }
          const scales = numbers(24, (r) => (r === odd ? -scale : scale));
          expect(said(with_(3), scales, how, apart)).to.equal("group");
          const late = numbers(24, (r) => (r < 8 ? 1 : scale));
          expect(said(with_(3), late, { bits: 4, group: 8 }, apart)).to.equal(undefined);
          expect(said(with_(3), late, { bits: 4, group: 16 }, apart)).to.equal("group");
        }
      });
    }
  });
});
