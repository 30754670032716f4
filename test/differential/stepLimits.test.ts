/**
 * What a step costs at most: the largest step that a program can make fits into a transaction (EIP-7825) that nodes pass on, so
 * a challenger that cuts a reduction down to single steps can prove each; and the steps of a language model stay cheap. Gas is that of whole transactions, calldata priced as on the newest fork (EIP-7623).
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { MOST_PROOF_BYTES, MOST_STEPS } from "../../packages/dispute/src/challenger.ts";
import { argumentsOf, proofBytes, type Proof } from "../../packages/dispute/src/index.ts";
import { DisputeGame__factory } from "../../packages/protocol/src/generated/index.js";
import { NO_HASH, toHex } from "../../packages/vm/src/hash.ts";
import type { OPCODE } from "../../packages/vm/src/opcodes.ts";
import { Part } from "../../packages/vm/src/stepEvaluator.ts";
import { elementwiseSum, largestStep, matrixProduct, type Watched } from "../helpers/sparseClaims.ts";
import { deployStepEvaluator } from "../helpers/stepEvaluator.ts";

const TRANSACTION_GAS = 2 ** 24;
const CODE_BYTES = 24_576;
/** Bytes of a transaction that nodes pass on, and of them those that are neither data nor its frame: see MOST_PROOF_BYTES. */
const CARRIED_BYTES = 128 * 1024;
const FRAME_BYTES = 2 * 1024;

/** Publications from a whole reduction of 2^36 steps down to single ones, as long as any deployment's: 256 pieces of 32 bytes. */
const PUBLICATIONS = Array.from({ length: Math.ceil(36 / 8) }, () => new Uint8Array(32 * 256));

/** A proof of everything but publications and witness, the leaf in a block of eight. */
const A_PROOF: Proof = {
  claim: {
    ...{ programRoot: NO_HASH, paramsRoot: NO_HASH, inputsRoot: NO_HASH, outputsRoot: NO_HASH },
    ...{ seed: 1n, symbols: 1n, calls: 1 },
  },
  ...{ leaf: new Uint8Array(128), path: [NO_HASH, NO_HASH, NO_HASH], offset: 1 },
  ...{ part: "value", from: 1, publications: [], witness: new Uint8Array(0) },
};

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

  /** The dearest instruction but a load. */
  const dearest = (): keyof typeof OPCODE => {
    const file = new URL("../../snapshots/scalar-gas.json", import.meta.url);
    const { instructions } = JSON.parse(readFileSync(file, "utf8")) as { instructions: Record<string, number> };
    const [[name]] = Object.entries(instructions)
      .filter(([instruction]) => instruction !== "load")
      .sort(([, a], [, b]) => b - a);
    return name as keyof typeof OPCODE;
  };

  // What a challenger can always come down to: nothing smaller can be proven.
  const SINGLE = {
    "init and one step": [1, Part.STEPS],
    "final alone": [1, Part.FINAL],
    "init and final, of a reduction without steps": [0, Part.VALUE],
  } as const;
  for (const [name, [steps, part]] of Object.entries(SINGLE)) {
    it(`proves ${name}, of any program, in one transaction that nodes pass on`, async function () {
      this.timeout(60_000);
      const watched = largestStep(steps, dearest(), part);
      await agrees(watched);
      const gas = await spend(watched);
      const { witness } = watched;
      console.log(`      ${gas} gas, ${witness.length} bytes of witness; dearest instruction ${dearest()}`);
      expect(gas).to.be.lessThan(TRANSACTION_GAS);
      const proof = { ...A_PROOF, publications: PUBLICATIONS, witness };
      expect(proofBytes(proof)).to.be.lessThan(MOST_PROOF_BYTES);
    });
  }

  it("a proof's own data leaves what else a transaction carries its place", () => {
    expect(MOST_PROOF_BYTES + FRAME_BYTES).to.be.at.most(CARRIED_BYTES);
    const game = DisputeGame__factory.createInterface();
    const data = argumentsOf({ kind: "prove", game: 1n, expected: NO_HASH, proof: A_PROOF });
    const calldata = game.encodeFunctionData("prove", data as never).length / 2 - 1;
    // A signed transaction is less than 256 bytes about its calldata.
    expect(calldata - proofBytes(A_PROOF) + 256).to.be.within(0, FRAME_BYTES);
  });

  it("as many steps as a challenger proves at once stay below the gas of a transaction, whatever they are", async function () {
    this.timeout(60_000);
    const watched = largestStep(MOST_STEPS, dearest(), Part.VALUE);
    await agrees(watched);
    const gas = await spend(watched);
    console.log(`      ${gas} gas, ${watched.witness.length} bytes of witness for a value of ${MOST_STEPS} steps`);
    expect(gas).to.be.lessThan(TRANSACTION_GAS);
    // This one is cut.
    expect(proofBytes({ ...A_PROOF, witness: watched.witness })).to.be.greaterThan(MOST_PROOF_BYTES);
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
