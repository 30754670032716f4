/** Steps as the machine's code runs them, many in one call: words in the linear memory, which `native/steps.h` reads. */
import { isMachineStep, partElements, type MachineStep, type Step } from "./step.ts";

const KIND = { map: 1, contraction: 2 } as const;
/** 32-bit words of a step. */
export const STEP_WORDS = 16;

/** The words of a list's steps; those that the machine's code does not compute whole are left empty. */
export function encodeSteps(steps: readonly Step[]): Int32Array {
  const words = new Int32Array(STEP_WORDS * steps.length);
  steps.forEach((step, i) => {
    if (isMachineStep(step)) words.set(wordsOf(step), STEP_WORDS * i);
  });
  return words;
}

function wordsOf(step: MachineStep): number[] {
  const { kernel, parameters } = step.native;
  const head = [KIND[step.kind], parameters, kernel % 2 ** 32, Math.floor(kernel / 2 ** 32)];
  if (step.kind === "map") {
    const { constant, slot } = step.count;
    return [...head, constant ?? 0, constant === undefined ? slot : 0, partElements(step)];
  }
  const { batches, rows, columns } = step.region;
  return [...head, 0, 0, 0, step.at, batches, rows, columns];
}
