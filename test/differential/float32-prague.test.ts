/**
 * Float32 built for chains without the `clz` instruction, run on one: the same bits. @weight 20
 */
import { expect } from "chai";
import { network } from "hardhat";
import type { Float32Harness } from "../../packages/protocol/src/generated/index.js";
import { buildUnder } from "../helpers/build.ts";
import { applyContract, applyOracle, BATCH_NETWORK, firstDifference } from "../helpers/float32-apply.ts";
import { cases, specialCount } from "../helpers/float32-cases.ts";
import { OPERATIONS } from "../helpers/float32-operations.ts";

const count = Math.min(2_000, Number(process.env.FLOAT32_CASES ?? 2_000));

describe("Float32 without clz agrees with exact arithmetic", function () {
  this.timeout(600_000);
  let harness: Float32Harness;

  before(async () => {
    const { ethers } = await network.create({
      network: "prague",
      override: { blockGasLimit: BATCH_NETWORK.blockGasLimit },
    });
    const { abi, bytecode } = await buildUnder("prague", "mocks/Float32Harness.sol");
    const [signer] = await ethers.getSigners();
    harness = (await new ethers.ContractFactory(abi as never, bytecode, signer).deploy()) as never;
  });

  for (const operation of OPERATIONS) {
    it(`${operation.name}: ${specialCount(operation)} special and ${count} random tuples`, async () => {
      const operands = cases(operation, count);
      const contract = await applyContract(harness, operation, operands);
      const exact = applyOracle(operation, operands);
      expect(firstDifference(operation, operands, { contract, exact })).to.equal(undefined);
    });
  }
});
