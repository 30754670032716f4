/**
 * The gas snapshot of Float32, held exact, and the project's limits. @weight 15
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { measureGas, SNAPSHOT, type Gas } from "../helpers/float32-gas.ts";

/** Most gas of typical operands that the project allows itself. */
const LIMITS = { fma: 700, add: 450, mul: 400, div: 600, sqrt: 900 };

describe("Float32: gas", function () {
  this.timeout(600_000);
  let gas: Record<string, Gas>;

  before(async () => {
    gas = await measureGas();
  });

  it("is what the snapshot says (pnpm exec hardhat run scripts/bench/float32-gas.ts)", () => {
    expect(gas).to.deep.equal(JSON.parse(readFileSync(SNAPSHOT, "utf8")));
  });

  for (const [name, limit] of Object.entries(LIMITS)) {
    it(`${name} is within ${limit}`, () => {
      expect(gas[name].typicalMost).to.be.at.most(limit);
    });
  }
});
