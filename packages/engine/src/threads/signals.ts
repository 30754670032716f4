/**
 * How threads tell one another what to do: words of the shared memory. One word holds the number of the step and the next
 * part of it that nobody has taken, so that whoever takes a part takes it of that step: a thread that wakes up late finds
 * another number, and takes nothing. So nobody waits for a sleeper, only for parts that were taken.
 */
import { CALL_ADDRESS } from "../codegen/emitter.ts";

/** First word of the signals. */
const FIRST = (CALL_ADDRESS + 256) >> 2;

export const SIGNAL = {
  /** Number of the step · 4096 + next part; or `CLOSED` for the part while the words below are written. */
  turn: FIRST,
  parts: FIRST + 1,
  list: FIRST + 2,
  step: FIRST + 3,
  /** Of a row group the member and the row; 0 otherwise. */
  member: FIRST + 7,
  row: FIRST + 8,
  /** Parts that are done. */
  finished: FIRST + 16,
  /** Workers that have loaded the plan. */
  ready: FIRST + 32,
  /** Number of the plan that workers serve; `QUIT` ends them. */
  plan: FIRST + 48,
  /** Not 0: a worker failed. */
  failed: FIRST + 49,
  /** Not 0: the machine's code leads, step after step. */
  leading: FIRST + 50,
} as const;

/** Address of the signals. */
export const SIGNALS = 4 * FIRST;

export const QUIT = -1;

const PART_BITS = 12;
const PART_MASK = (1 << PART_BITS) - 1;
/** The part that says that no part may be taken. */
export const CLOSED = PART_MASK;
/** Most parts of a step. */
export const MOST_PARTS = 2048;

/** The word for the next step, closed. */
export const nextTurn = (turn: number): number => (((turn >>> PART_BITS) + 1) << PART_BITS) | CLOSED;
/** The same, open. */
export const opened = (turn: number): number => turn & ~PART_MASK;
export const partOf = (turn: number): number => turn & PART_MASK;

/** Which task threads share: a step of a list, of a row group one row of one member. */
export interface Named {
  readonly list: number;
  readonly step: number;
  readonly member: number;
  readonly row: number;
}

/** A part that a thread has taken of a task. */
export interface Taken extends Named {
  readonly part: number;
}

/** Opens a task's parts to all threads. */
export function openParts(words: Int32Array, { list, step, member, row }: Named, parts: number): void {
  const turn = nextTurn(Atomics.load(words, SIGNAL.turn));
  Atomics.store(words, SIGNAL.turn, turn);
  Atomics.store(words, SIGNAL.list, list);
  Atomics.store(words, SIGNAL.step, step);
  Atomics.store(words, SIGNAL.member, member);
  Atomics.store(words, SIGNAL.row, row);
  Atomics.store(words, SIGNAL.parts, parts);
  Atomics.store(words, SIGNAL.finished, 0);
  Atomics.store(words, SIGNAL.turn, opened(turn));
  Atomics.notify(words, SIGNAL.turn);
}

/** Takes a part of the step that is open; undefined where there is none left. */
export function takePart(words: Int32Array): Taken | undefined {
  for (;;) {
    const turn = Atomics.load(words, SIGNAL.turn);
    const part = partOf(turn);
    if (part === CLOSED || part >= Atomics.load(words, SIGNAL.parts)) return undefined;
    const [list, step] = [Atomics.load(words, SIGNAL.list), Atomics.load(words, SIGNAL.step)];
    const [member, row] = [Atomics.load(words, SIGNAL.member), Atomics.load(words, SIGNAL.row)];
    // INVARIANT: what was read since the turn belongs to it: whoever writes those words changes the turn before.
    if (Atomics.compareExchange(words, SIGNAL.turn, turn, turn + 1) === turn) return { part, list, step, member, row };
  }
}

/** Rounds of looking before a thread goes to sleep: about a millisecond, for waking takes a tenth of one. */
const SPINS = 20_000;

/** A moment's rest for the core, which leaves it to its other thread where it has two; where the host has none, nothing. */
const { pause = () => {} } = Atomics as { pause?: () => void };

/** Returns when the word is no longer `value`. */
export function waitWhile(words: Int32Array, index: number, value: number): void {
  for (let i = 0; i < SPINS; i++) {
    if (Atomics.load(words, index) !== value) return;
    pause();
  }
  while (Atomics.load(words, index) === value) Atomics.wait(words, index, value);
}
