/**
 * How threads tell one another what to do: words of the shared memory. The leader raises the epoch; every worker then does
 * what the command says, and counts itself done.
 */
import { CALL_ADDRESS } from "../codegen/emitter.ts";

/** First word of the signals. */
const FIRST = (CALL_ADDRESS + 256) >> 2;

export const SIGNAL = {
  epoch: FIRST,
  command: FIRST + 1,
  /** The next part that nobody has taken. */
  next: FIRST + 16,
  done: FIRST + 32,
  list: FIRST + 48,
  step: FIRST + 49,
  /** Not 0: a worker failed. */
  failed: FIRST + 50,
} as const;

export const COMMAND = { step: 0, load: 1, quit: 2 } as const;

/** Rounds of looking before a thread goes to sleep: some tens of microseconds. */
const SPINS = 20_000;

/** Returns when the word is no longer `value`. */
export function waitWhile(words: Int32Array, index: number, value: number): void {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, index) !== value) return;
  while (Atomics.load(words, index) === value) Atomics.wait(words, index, value);
}
