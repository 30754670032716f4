/** Parts of a task as threads take them: at most `MOST_PARTS`, each some of the task's own parts. */
import type { Runner, Task } from "../runner.ts";
import { MOST_PARTS, SIGNAL } from "./signals.ts";

/** How many parts threads take of a task. */
export const sharedParts = (runner: Runner, task: Task): number => Math.min(runner.parts(task), MOST_PARTS);

/** Computes a part and counts it. */
export function finishPart(words: Int32Array, runner: Runner, task: Task, part: number): void {
  const own = runner.parts(task);
  const shared = Math.min(own, MOST_PARTS);
  const from = Math.floor((part * own) / shared);
  const to = Math.floor(((part + 1) * own) / shared);
  for (let i = from; i < to; i++) runner.part(task, i);
  Atomics.add(words, SIGNAL.finished, 1);
  Atomics.notify(words, SIGNAL.finished);
}
