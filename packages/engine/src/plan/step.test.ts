/** How steps fall into parts. */
import { expect } from "chai";
import { partElements } from "./step.ts";

describe("parts of a map", () => {
  it("have elements that a word holds, whatever an element costs", () => {
    for (const cost of [0, 1, 3, 1000, 1e6, 2 ** 40]) {
      const elements = partElements({ cost });
      expect(elements % 64, `cost ${cost}`).to.equal(0);
      expect(elements, `cost ${cost}`).to.be.within(64, 2 ** 31 - 1);
    }
  });
});
