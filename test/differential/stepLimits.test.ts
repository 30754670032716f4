/**
 * What a step costs at most: the largest step that a program can make fits into a transaction (EIP-7825), and the steps of
 * a language model stay cheap. Gas is that of whole transactions, calldata priced as on the newest fork (EIP-7623).
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { toHex } from "../../packages/vm/src/hash.ts";
import type { OPCODE } from "../../packages/vm/src/opcodes.ts";
import { elementwiseSum, largestStep, matrixProduct, type Watched } from "../helpers/sparseClaims.ts";
import { deployStepEvaluator } from "../helpers/stepEvaluator.ts";

const TRANSACTION_GAS = 2 ** 24;
const CODE_BYTES = 24_576;
/** Bytes of a transaction that nodes pass on. */
const CARRIED_BYTES = 128 * 1024;
/** Steps of GameTable.MOST_SHORT_STEPS. */
const MOST_SHORT_STEPS = 3;
/** Bytes of all that a proof carries besides: accumulators of six publications of 64, and less than 2 KB. */
const PUBLICATIONS = 6 * 64 * 32 + 2048;

const { ethers, evaluator, ask, spend } = await deployStepEvaluator();

async function agrees(watched: Watched): Promise<void> {
  const [{ result, error }] = await ask([watched]);
  expect(result ?? error).to.equal(toHex(watched.result));
}

describe("step evaluator: limits", () => {
  it("is a contract of allowed size", async () => {
    const code = await ethers.provider.getCode(await evaluator.getAddress());
    const bytes = (code.length - 2) / 2;
    console.log(`      ${bytes} bytes of code`);
    expect(bytes).to.be.lessThan(CODE_BYTES);
  });

  it("runs the largest step of any program within one transaction", async function () {
    this.timeout(60_000);
    const file = new URL("../../snapshots/scalar-gas.json", import.meta.url);
    const { instructions } = JSON.parse(readFileSync(file, "utf8")) as { instructions: Record<string, number> };
    const [dearest] = Object.entries(instructions)
      .filter(([name]) => name !== "load")
      .reduce((a, b) => (a[1] > b[1] ? a : b));
    const watched = largestStep(1, dearest as keyof typeof OPCODE);
    await agrees(watched);
    const gas = await spend(watched);
    console.log(`      ${gas} gas, ${watched.witness.length} bytes of witness; dearest instruction ${dearest}`);
    expect(gas).to.be.lessThan(TRANSACTION_GAS);
  });

  it("fits as many steps as a game proves at once into what a network carries", () => {
    const { length } = largestStep(MOST_SHORT_STEPS, "ffma").witness;
    console.log(`      ${length} bytes of witness for ${MOST_SHORT_STEPS} steps`);
    expect(length + PUBLICATIONS).to.be.lessThan(CARRIED_BYTES);
  });

  it("proves a step of a matrix product or a sum for at most 300,000 gas", async () => {
    for (const watched of [matrixProduct(700, 701), elementwiseSum()]) {
      await agrees(watched);
      const gas = await spend(watched);
      console.log(`      ${gas} gas, ${watched.witness.length} bytes of witness`);
      expect(gas).to.be.at.most(300_000);
    }
  });
});
