import { expect } from "chai";
import { Random } from "@assay/vm/testing/random";
import { KIND, MODE, SIDE, type Contraction, type Factor } from "../contraction.ts";
import { createMemory } from "../wasm/webAssembly.ts";
import { attention, convolution, product, type Layer } from "./layers.ts";
import { oracle } from "./oracle.ts";
import { fusesMadd } from "./probe.ts";
import { compute, Heap, randomContraction, sums, withPacked, type Wanted } from "./testing.ts";
import { wasmKernels } from "./wasmKernels.ts";

const { FLOAT32, INT32 } = KIND;
const { STRIDED, GATHERED } = MODE;

/** Both ways to a fused multiply-add where the machine has the first. */
const VARIANTS = fusesMadd() ? [false, true] : [true];

/** Infinities in place of every third element of a factor. */
function withInfinities(heap: Heap, { address }: Factor, elements: number): void {
  for (let i = 0; i < elements; i += 3)
    heap.view().setFloat32(address + 4 * i, i % 2 === 0 ? Infinity : -Infinity, true);
}

for (const emulate of VARIANTS) {
  describe(`contractions in WebAssembly, fused multiply-add ${emulate ? "emulated" : "by the machine"}`, () => {
    const heapAndKernels = () => {
      const heap = new Heap();
      return { heap, kernels: wasmKernels(heap.memory, { shared: false, emulate }) };
    };
    const expected = (heap: Heap, c: Contraction): number[] =>
      sums(heap, c, (_, b, m, n) => oracle(heap.view(), c, b, m, n));

    /** Every way of computing it: as it is, packed on either side and both, in odd regions. */
    function check(seed: number, wanted: Wanted): void {
      const random = new Random(seed);
      const { heap, kernels } = heapAndKernels();
      const c = randomContraction(heap, random, wanted);
      const want = expected(heap, c);
      const say = JSON.stringify({ seed, ...wanted });
      expect(compute(heap, kernels, c), say).to.deep.equal(want);
      expect(compute(heap, kernels, c, kernels.region(c, 3)), `${say} for threads`).to.deep.equal(want);
      const rows = random.between(1, c.rows);
      const columns = 8 * random.between(1, Math.ceil(c.columns / 8));
      expect(compute(heap, kernels, c, { batches: 1, rows, columns }), `${say} in regions`).to.deep.equal(want);
      for (const sides of [[SIDE.ROWS], [SIDE.COLUMNS], [SIDE.ROWS, SIDE.COLUMNS]]) {
        const packed = withPacked(heap, kernels, c, sides);
        expect(compute(heap, kernels, packed), `${say} packed ${sides}`).to.deep.equal(want);
        const split = compute(heap, kernels, packed, { batches: 2, rows, columns });
        expect(split, `${say} packed ${sides} in regions`).to.deep.equal(want);
      }
    }

    it("multiplies infinite weights by the zeros behind guards", () => {
      for (const groups of [1, 3])
        for (const out of [1, 5]) {
          const { heap, kernels } = heapAndKernels();
          const { contraction: c, packed } = convolution({ out, channels: 1, groups, size: 9, window: 3 })(heap);
          withInfinities(heap, c.rowFactor, groups * out * 9);
          const want = expected(heap, c);
          // NaNs from 0 · ∞ among them, and sums that are none.
          expect(want).to.include(0x7fc00000);
          expect(new Set(want).size).to.be.greaterThan(2);
          expect(compute(heap, kernels, c), `${groups} ${out}`).to.deep.equal(want);
          expect(compute(heap, kernels, withPacked(heap, kernels, c, packed))).to.deep.equal(want);
        }
    });

    it("rounds once beside ties and among subnormals", () => {
      const random = new Random(11);
      for (let trial = 0; trial < 40; trial++) {
        const { heap, kernels } = heapAndKernels();
        const columns = 64;
        const { contraction: c } = product(FLOAT32, 1, 2, columns, false)(heap);
        const put = ({ address }: Factor, place: number, bits: number): void =>
          heap.view().setUint32(address + 4 * place, bits, true);
        // addend + (1 + i · 2^-23) × (1 - j · 2^-23) · 2^exponent: half an ulp of the addend, a little more or less.
        const subnormal = trial % 2 === 1;
        put(c.rowFactor, 0, 0x3f800000);
        put(c.rowFactor, 1, subnormal ? 0x1a000000 + random.below(9) : 0x3f800000 + random.below(9));
        for (let n = 0; n < columns; n++) {
          const sign = random.chance(50) ? 0x80000000 : 0;
          put(c.columnFactor, n, subnormal ? random.below(16) : 0x3f800000 + random.below(2 ** 23));
          const near = subnormal ? 0x1a000000 : 0x33800000;
          put(c.columnFactor, columns + n, ((near - 9 + random.below(18)) | sign) >>> 0);
        }
        expect(compute(heap, kernels, c), `trial ${trial}`).to.deep.equal(expected(heap, c));
      }
    });

    for (const kind of [FLOAT32, INT32]) {
      const name = kind === FLOAT32 ? "floats" : "integers";
      it(`sums ${name} of every depth around a block`, () => {
        [1, 2, 3, 4, 5, 511, 512, 513, 1025].forEach((depth, seed) => {
          for (const blocked of [true, false])
            check(seed, { kind, depth, rows: 7, columns: 10, batches: 2, blocked, specials: seed % 2 === 0 });
        });
      });

      it(`sums ${name} for every remainder of rows and columns`, () => {
        for (let rows = 1; rows <= 13; rows++)
          for (let columns = 1; columns <= 17; columns += emulate ? 3 : 1)
            check(rows * 100 + columns, { kind, depth: 9, rows, columns, specials: true });
      });

      it(`sums ${name} behind guards, through every mode`, () => {
        for (let seed = 0; seed < 96; seed++) {
          const random = new Random(seed);
          check(seed, {
            kind,
            depth: random.between(1, 40),
            rows: random.between(1, 14),
            columns: random.between(1, 40),
            batches: random.between(1, 3),
            guards: seed % 4,
            columnStep: Math.floor(seed / 4) % 3,
            rowMode: random.pick([STRIDED, GATHERED]),
            columnMode: random.pick([STRIDED, GATHERED]),
            specials: random.chance(50),
          });
        }
      });

      it(`sums ${name} of convolutions and products as models have them`, () => {
        const small: Layer[] = [product(kind, 7, 100, 37), product(kind, 1, 530, 70), product(kind, 3, 40, 65, false)];
        for (const window of [1, 3, 5])
          for (const stride of [1, 2])
            for (const size of [5, 7, 14, 21]) {
              small.push(convolution({ kind, out: 3, channels: 2, size, window, stride }));
              small.push(convolution({ kind, out: 1, channels: 1, groups: 3, size, window, stride }));
              small.push(convolution({ kind, out: 2, channels: 1, groups: 2, size, window, stride }));
            }
        if (kind === FLOAT32)
          for (const queries of [1, 2, 5])
            for (const which of ["scores", "values"] as const) small.push(attention(queries, 37, 2, 20, which));
        small.forEach((layer, i) => {
          const { heap, kernels } = heapAndKernels();
          const { contraction: c, packed } = layer(heap);
          const want = expected(heap, c);
          expect(compute(heap, kernels, c), `${i}`).to.deep.equal(want);
          expect(compute(heap, kernels, withPacked(heap, kernels, c, packed)), `${i} packed`).to.deep.equal(want);
        });
      });

      it(`sums ${name} of inputs at either end of the memory, behind whose guards there is none`, () => {
        for (const groups of [1, 3])
          for (const stride of [1, 2])
            for (const side of ["start", "end"]) {
              const { heap, kernels } = heapAndKernels();
              const layer = convolution({ kind, out: 1, channels: 1, groups, size: 21, window: 5, stride });
              const { contraction } = layer(heap);
              const bytes = groups * 21 * 21 * (kind === FLOAT32 ? 4 : 1);
              // Room for what the checks write, so that the memory does not grow.
              heap.allocate(2 ** 18);
              const address = side === "start" ? 64 : heap.memory.buffer.byteLength - bytes;
              const values = new Random(groups).bytes(bytes);
              if (side === "end") new Uint8Array(heap.memory.buffer).set(values, address);
              const c = { ...contraction, columnFactor: { ...contraction.columnFactor, address } };
              const want = expected(heap, c);
              heap.rewind(2 ** 18);
              expect(compute(heap, kernels, c), `${groups} ${stride} ${side}`).to.deep.equal(want);
            }
      });

      it(`sums ${name} in shared memory`, () => {
        const limits = { shared: true, maximum: 64 };
        const heap = new Heap(createMemory({ initial: 64, ...limits }));
        const kernels = wasmKernels(heap.memory, { ...limits, emulate });
        const c = randomContraction(heap, new Random(5), { kind, depth: 70, rows: 9, columns: 21, guards: 2 });
        expect(compute(heap, kernels, c)).to.deep.equal(expected(heap, c));
      });

      it(`sums ${name} over more rows and columns than are packed at a time`, () => {
        check(1, { kind, depth: 6, rows: 101, columns: 11, columnStep: 1, guards: 2 });
        check(2, { kind, depth: 5, rows: 5, columns: 530, columnStep: 1, guards: 2 });
        check(3, { kind, depth: 3, rows: 98, columns: 300, columnMode: STRIDED, rowMode: STRIDED });
      });
    }
  });
}
