/** Parts of a step as threads take them: at most `MOST_PARTS`, each some of the step's own parts. */
import type { Step } from "../plan/step.ts";
import type { Runner } from "../runner.ts";
import { MOST_PARTS, SIGNAL } from "./signals.ts";

/** How many parts threads take of a step. */
export const sharedParts = (runner: Runner, step: Step): number => Math.min(runner.parts(step), MOST_PARTS);

/** Computes a part and counts it. */
export function finishPart(words: Int32Array, runner: Runner, step: Step, part: number): void {
  const own = runner.parts(step);
  const shared = Math.min(own, MOST_PARTS);
  const from = Math.floor((part * own) / shared);
  const to = Math.floor(((part + 1) * own) / shared);
  for (let i = from; i < to; i++) runner.part(step, i);
  Atomics.add(words, SIGNAL.finished, 1);
  Atomics.notify(words, SIGNAL.finished);
}
