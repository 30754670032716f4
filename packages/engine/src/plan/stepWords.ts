/** Steps as the machine's code runs them, many in one call: words in the linear memory, which `native/steps.h` reads. */
import type { Size } from "../codegen/graph.ts";
import { isMachineStep, type PartedStep, type RowMember, type RowsStep, type Step } from "./step.ts";

const KIND = { map: 1, contraction: 2, rows: 3 } as const;
/** 32-bit words of a step, and of a member of a row group, which begins with its step. */
export const STEP_WORDS = 16;
const MEMBER_WORDS = STEP_WORDS + 8;

/**
 * The words of a list's steps; those that the machine's code does not compute whole are left empty.
 *
 * @param place Gives words an address.
 */
export function encodeSteps(steps: readonly Step[], place: (words: Int32Array) => number): Int32Array {
  const words = new Int32Array(STEP_WORDS * steps.length);
  steps.forEach((step, i) => {
    if (!isMachineStep(step)) return;
    words.set(step.kind === "rows" ? groupWords(step, place) : wordsOf(step), STEP_WORDS * i);
  });
  return words;
}

function wordsOf(step: PartedStep): number[] {
  const { kernel, parameters } = step.native!;
  const head = [KIND[step.kind], parameters, kernel % 2 ** 32, Math.floor(kernel / 2 ** 32)];
  if (step.kind === "map") return [...head, ...sizeWords(step.count), step.unit];
  const { batches, rows, columns } = step.region;
  return [...head, 0, 0, 0, step.at, batches, rows, columns];
}

function groupWords({ members }: RowsStep, place: (words: Int32Array) => number): number[] {
  const words = new Int32Array(MEMBER_WORDS * members.length);
  members.forEach((member, i) => words.set(memberWords(member), MEMBER_WORDS * i));
  return [KIND.rows, 0, 0, 0, members.length, 0, 0, place(words)];
}

function memberWords({ step, rows, sums }: RowMember): number[] {
  const own = wordsOf(step);
  const moved = sums === undefined ? [] : [sums.out, sums.outBytes, sums.factor, sums.factorBytes];
  const padding = new Array<number>(STEP_WORDS - own.length).fill(0);
  return [...own, ...padding, ...sizeWords(rows), ...sizeWords(step.count), ...moved];
}

/** A number and 0, or 0 and the address of the word that says it. */
const sizeWords = ({ constant, slot }: Size): [number, number] => (constant === undefined ? [0, slot] : [constant, 0]);
