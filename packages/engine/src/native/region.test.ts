import { expect } from "chai";
import type { Contraction, Region } from "../contraction.ts";
import { layers } from "../kernels/layers.ts";
import { Heap } from "../kernels/testing.ts";
import { goodRegion } from "./region.ts";

/** Columns of a packed panel and rows of the largest tile, as AVX-512 and AVX2 have them. */
const SHAPES = [
  [32, 14],
  [16, 6],
] as const;
/** Multiply-adds below which a contraction may stay whole. */
const WORTH_SHARING = 2 ** 20;

/** Multiply-adds of the busiest of threads that take part after part, over an even share. */
function imbalance(c: Contraction, { batches, rows, columns }: Region, threads: number): number {
  const busy = new Array<number>(threads).fill(0);
  for (let b = 0; b < c.batches; b += batches)
    for (let n = 0; n < c.columns; n += columns)
      for (let m = 0; m < c.rows; m += rows) {
        const work = Math.min(batches, c.batches - b) * Math.min(columns, c.columns - n) * Math.min(rows, c.rows - m);
        busy[busy.indexOf(Math.min(...busy))] += work;
      }
  return (Math.max(...busy) * threads) / (c.batches * c.rows * c.columns);
}

describe("native regions", () => {
  for (const [name, layer] of Object.entries(layers)) {
    it(`cut ${name} into whole panels, evenly for threads`, () => {
      const { contraction: c } = layer(new Heap());
      for (const [panel, tile] of SHAPES) {
        for (const threads of [1, 2, 4]) {
          const region = goodRegion(c, panel, tile, threads);
          expect(region.batches).to.be.within(1, c.batches);
          expect(region.rows).to.be.within(1, c.rows);
          expect(region.columns).to.be.within(1, c.columns);
          if (region.columns < c.columns) expect(region.columns % panel).to.equal(0);
          if (c.batches * c.rows * c.columns * c.depth < threads * WORTH_SHARING) continue;
          expect(imbalance(c, region, threads), `${threads} threads`).to.be.at.most(1.3);
        }
      }
    });
  }

  it("leave the images of a depthwise convolution whole", () => {
    const { contraction } = layers["depthwise 3×3 144 at 56²"](new Heap());
    expect(goodRegion(contraction, 32, 14, 2).columns).to.equal(contraction.columns);
  });

  it("end where there is no sum", () => {
    const { contraction } = layers["product 384×384×384"](new Heap());
    for (const nothing of ["rows", "columns", "batches", "depth"])
      expect(goodRegion({ ...contraction, [nothing]: 0 }, 32, 14, 2)).to.have.keys("batches", "rows", "columns");
  });
});
