import { expect } from "chai";
import { layers } from "./layers.ts";
import { goodRegion } from "./region.ts";
import { Heap } from "./testing.ts";

describe("regions", () => {
  for (const [name, layer] of Object.entries(layers)) {
    it(`cut ${name} into parts that lie within it and are many for threads`, () => {
      const { contraction: c } = layer(new Heap());
      for (const threads of [1, 2, 4]) {
        const { batches, rows, columns } = goodRegion(c, threads);
        expect(batches).to.be.within(1, c.batches);
        expect(rows).to.be.within(1, c.rows);
        expect(columns).to.be.within(1, c.columns);
        // Packed panels are entered at their first column only.
        if (columns < c.columns) expect(columns % 8).to.equal(0);
        const parts = Math.ceil(c.batches / batches) * Math.ceil(c.rows / rows) * Math.ceil(c.columns / columns);
        const work = c.batches * c.rows * c.columns * c.depth;
        if (work > threads * 2 ** 20) expect(parts, `${threads} threads`).to.be.at.least(threads);
      }
    });
  }

  it("are no less than one sum where there is none", () => {
    const { contraction } = layers["product 384×384×384"](new Heap());
    for (const nothing of ["rows", "columns", "batches", "depth"])
      for (const threads of [1, 2])
        for (const extent of Object.values(goodRegion({ ...contraction, [nothing]: 0 }, threads)))
          expect(extent, nothing).to.be.within(1, 384);
  });
});
