/**
 * Writes `snapshots/step-gas.json`: what the last move of a dispute costs, as whole transactions of the steps in
 * `test/helpers/sparseClaims.ts`, of which the gas of execution alone is named apart; and the size of the step evaluator.
 * `--check` writes nothing and exits 1 if the file is stale.
 *
 *   node scripts/generate/stepGas.ts [--check]
 */
import hre from "hardhat";
import { Part } from "../../packages/vm/src/stepEvaluator.ts";
import {
  elementwiseSum,
  largestStep,
  matrixProduct,
  matrixShape,
  type Watched,
} from "../../test/helpers/sparseClaims.ts";
import { deployStepEvaluator } from "../../test/helpers/stepEvaluator.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

await hre.tasks.getTask("build").run({ quiet: true });
const { ethers, evaluator, ask, spend } = await deployStepEvaluator();

async function costOf(watched: Watched): Promise<Record<string, number>> {
  const [{ gasUsed }] = await ask([watched]);
  return { witnessBytes: watched.witness.length, execution: gasUsed, transaction: await spend(watched) };
}

const code = await ethers.provider.getCode(await evaluator.getAddress());
const snapshot = {
  codeSize: (code.length - 2) / 2,
  steps: {
    shape: await costOf(matrixShape()),
    elementwiseSum: await costOf(elementwiseSum()),
    matrixProductInit: await costOf(matrixProduct(0, 0)),
    matrixProductStep: await costOf(matrixProduct(700, 701)),
    matrixProduct4Steps: await costOf(matrixProduct(700, 704)),
    matrixProduct16Steps: await costOf(matrixProduct(700, 716)),
    matrixProductFinal: await costOf(matrixProduct(0, 0, Part.FINAL)),
    largestStep: await costOf(largestStep(1, "fsqrt")),
  },
};
const text = `${JSON.stringify(snapshot, null, 2)}\n`;

keepSnapshot("snapshots/step-gas.json", text, "scripts/generate/stepGas.ts");
