/**
 * Float32 in Solidity and in TypeScript against two authorities: the machine's floating-point unit, live where there is
 * a C compiler and by committed digests everywhere, and exact rational arithmetic.
 *
 * `FLOAT32_CASES=2000` makes the run short; the committed digests then do not apply. @weight 110
 */
import { expect } from "chai";
import { network } from "hardhat";
import type { Float32Harness } from "../../packages/protocol/src/generated/index.js";
import { applyContract, applyOracle, applyTwin, BATCH_NETWORK, firstDifference } from "../helpers/float32-apply.ts";
import { cases, specialCount, SPECIALS } from "../helpers/float32-cases.ts";
import { openFpu } from "../helpers/float32-fpu.ts";
import { OPERATIONS } from "../helpers/float32-operations.ts";
import { CASES, readDigests, readSamples, sha256 } from "../helpers/float32-vectors.ts";

const count = Number(process.env.FLOAT32_CASES ?? CASES);

describe("Float32: contract, twin, floating-point unit and exact arithmetic agree", function () {
  this.timeout(600_000);
  let harness: Float32Harness;
  const opened = openFpu();
  const digests = readDigests();
  const samples = readSamples();

  before(async () => {
    const { ethers } = await network.create({ override: BATCH_NETWORK });
    harness = (await ethers.deployContract("Float32Harness")) as unknown as Float32Harness;
    if (opened === undefined) console.log("    not run: no C compiler (committed results of one are compared instead)");
  });

  after(() => opened?.close());

  it("has at least 40 special values", () => {
    expect(new Set(SPECIALS).size).to.equal(SPECIALS.length);
    expect(SPECIALS.length).to.be.at.least(40);
  });

  for (const operation of OPERATIONS) {
    it(`${operation.name}: ${specialCount(operation)} special and ${count} random tuples`, async () => {
      const operands = cases(operation, count);
      const results: Record<string, Uint8Array> = {
        contract: await applyContract(harness, operation, operands),
        twin: applyTwin(operation, operands),
        exact: applyOracle(operation, operands),
      };
      if (opened !== undefined) results.fpu = opened.fpu(operation.name, operands);
      expect(firstDifference(operation, operands, results)).to.equal(undefined);
      if (count === CASES) {
        const { operands: given, results: found } = digests.operations[operation.name];
        expect(sha256(operands), "operands").to.equal(given);
        expect(sha256(results.contract), "results").to.equal(found);
      }
    });
  }

  it("gives the committed results on the committed sample", async () => {
    for (const operation of OPERATIONS) {
      const { operands, results: fpu } = samples.get(operation.name)!;
      const contract = await applyContract(harness, operation, operands);
      const twin = applyTwin(operation, operands);
      expect(firstDifference(operation, operands, { contract, twin, fpu })).to.equal(undefined);
    }
  });
});
