/** The native kernels against the naive oracle, every instruction set that this machine runs; not run without a compiler. */
import { expect } from "chai";
import { Random } from "@assay/vm/testing/random";
import { KIND, MODE } from "../contraction.ts";
import { oracle } from "../kernels/oracle.ts";
import { compute, Heap, randomContraction, sums, type Wanted } from "../kernels/testing.ts";
import { nativeKernels } from "./kernels.ts";
import { checkContraction, kernelsOf, same, setsOrSkip } from "./testing.ts";

const { FLOAT32, INT32 } = KIND;
const { STRIDED, GATHERED } = MODE;

describe("contractions by native kernels", () => {
  let sets: readonly string[] = [];

  before(function () {
    sets = setsOrSkip(this);
  });

  function check(seed: number, wanted: Wanted): void {
    const random = new Random(seed);
    const heap = new Heap();
    checkContraction(sets, heap, randomContraction(heap, random, wanted), random, { seed, ...wanted });
  }

  for (const kind of [FLOAT32, INT32]) {
    const name = kind === FLOAT32 ? "floats" : "integers";

    it(`sums ${name} of every depth around a block`, () => {
      [1, 2, 3, 4, 5, 511, 512, 513, 1025, 2049].forEach((depth, seed) => {
        for (const blocked of [true, false])
          check(seed, { kind, depth, rows: 7, columns: 11, batches: 2, blocked, specials: seed % 2 === 0 });
      });
    }).timeout(120_000);

    it(`sums ${name} for every remainder of rows and columns`, () => {
      for (let rows = 1; rows <= 29; rows++) check(rows, { kind, depth: 9, rows, columns: 33 + rows, specials: true });
      for (let columns = 1; columns <= 65; columns++)
        for (const rows of [1, 3, 5, 15]) check(columns, { kind, depth: 6, rows, columns, specials: true });
    }).timeout(120_000);

    it(`sums ${name} behind guards, through every mode`, () => {
      for (let seed = 0; seed < 200; seed++) {
        const random = new Random(seed);
        check(seed, {
          kind,
          depth: random.between(1, 40),
          rows: random.pick([1, 1, random.between(1, 30)]),
          columns: random.between(1, 80),
          batches: random.between(1, 3),
          guards: seed % 4,
          columnStep: Math.floor(seed / 4) % 3,
          rowMode: random.pick([STRIDED, GATHERED]),
          columnMode: random.pick([STRIDED, GATHERED]),
          specials: random.chance(50),
        });
      }
    }).timeout(120_000);

    it(`sums ${name} over more rows and columns than are packed at a time`, () => {
      check(1, { kind, depth: 6, rows: 301, columns: 11, columnStep: 1, guards: 2 });
      check(2, { kind, depth: 5, rows: 5, columns: 530, columnStep: 1, guards: 2 });
      check(3, { kind, depth: 3, rows: 98, columns: 300, columnMode: STRIDED, rowMode: STRIDED });
    }).timeout(120_000);

    it(`sums ${name} over few columns of many rows, which packed rows are turned for`, () => {
      for (const columns of [1, 13, 49])
        check(columns, { kind, depth: 515, rows: 70, columns, columnStep: 1, guards: 2, specials: columns === 13 });
      check(4, { kind, depth: 7, rows: 600, columns: 17, columnMode: STRIDED });
    }).timeout(120_000);
  }

  it("takes another address of a memory that grew", () => {
    const heap = new Heap();
    const kernels = kernelsOf(heap, "baseline");
    for (let seed = 0; seed < 3; seed++) {
      const c = randomContraction(heap, new Random(seed), { kind: FLOAT32, depth: 3, rows: 2, columns: 5 });
      const want = sums(heap, c, (_, b, m, n) => oracle(heap.view(), c, b, m, n));
      same(compute(heap, kernels, c), want, c, `growth ${seed}`);
      heap.memory.grow(256);
    }
  });

  it("says why there are no kernels of a set this machine does not run", () => {
    const kernels = nativeKernels(new Heap().memory, { set: "abacus" });
    expect(kernels).to.have.property("absent").that.contains("abacus").and.contains("baseline");
  });
});
