/**
 * The step evaluator on the in-process chain, and steps in the form in which ethers sends them.
 */
import { network } from "hardhat";
import { toHex } from "../../packages/vm/src/hash.ts";
import type { Step } from "../../packages/vm/src/stepEvaluator.ts";

/** A step and the witness sent with it. */
export interface Question {
  readonly step: Step;
  readonly witness: Uint8Array;
}

/** What came back: the result, or the name of the error and nothing of its values. */
export interface Answer {
  readonly result: string | undefined;
  readonly error: string | undefined;
  readonly gasUsed: number;
}

const BATCH_BYTES = 60_000;

/** The step as the ABI has it. */
export function toStruct(step: Step) {
  const { claim } = step;
  return {
    claim: {
      programRoot: toHex(claim.programRoot),
      paramsRoot: toHex(claim.paramsRoot),
      inputsRoot: toHex(claim.inputsRoot),
      outputsRoot: toHex(claim.outputsRoot),
      seed: claim.seed,
      symbols: claim.symbols,
      calls: claim.calls,
    },
    traceRoot: toHex(step.traceRoot),
    call: step.call,
    position: step.position,
    element: step.element,
    part: step.part,
    lo: step.lo,
    hi: step.hi,
    from: toHex(step.from),
  };
}

/** Evaluator and harness, deployed on a fresh chain, and ways to ask them. */
export async function deployStepEvaluator() {
  const { ethers } = await network.create();
  const evaluator = await ethers.deployContract("StepEvaluator");
  const harness = await ethers.deployContract("StepEvaluatorHarness");
  const address = await evaluator.getAddress();

  const read = (answer: { success: boolean; data: string; gasUsed: bigint }): Answer => ({
    result: answer.success ? answer.data : undefined,
    error: answer.success ? undefined : (evaluator.interface.parseError(answer.data)?.name ?? answer.data),
    gasUsed: Number(answer.gasUsed),
  });

  /** Answers to many questions, a few per call. */
  const ask = async (questions: readonly Question[]): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (let from = 0; from < questions.length;) {
      let to = from;
      for (let bytes = 0; to < questions.length && bytes < BATCH_BYTES; to++)
        bytes += questions[to].witness.length + 600;
      const batch = questions.slice(from, to);
      const structs = batch.map(({ step }) => toStruct(step));
      const witnesses = batch.map(({ witness }) => toHex(witness));
      answers.push(...(await harness.evaluateAll(address, structs, witnesses)).map(read));
      from = to;
    }
    return answers;
  };

  /** Answers to one step with many witnesses. */
  const askEach = async (step: Step, witnesses: readonly Uint8Array[]): Promise<Answer[]> => {
    const size = Math.max(1, Math.floor(BATCH_BYTES / Math.max(...witnesses.map(({ length }) => length + 64))));
    const answers: Answer[] = [];
    for (let from = 0; from < witnesses.length; from += size) {
      const batch = witnesses.slice(from, from + size).map(toHex);
      answers.push(...(await harness.evaluateEach(address, toStruct(step), batch)).map(read));
    }
    return answers;
  };

  /** Gas of a whole transaction that evaluates a step. */
  const spend = async ({ step, witness }: Question): Promise<number> => {
    const [signer] = await ethers.getSigners();
    const data = evaluator.interface.encodeFunctionData("evaluate", [toStruct(step), toHex(witness)]);
    const sent = await signer.sendTransaction({ to: address, data, gasLimit: 2 ** 24 });
    return Number((await sent.wait())!.gasUsed);
  };

  return { ethers, evaluator, harness, ask, askEach, spend };
}
