/** Steps as the machine's code runs them, many in one call: words in the linear memory, which `native/steps.h` reads. */
import type { Size } from "../codegen/graph.ts";
import { isMachineStep, type MachineStep, type PartedStep, type RowMember, type Step } from "./step.ts";

const KIND = { map: 1, contraction: 2, rows: 3, together: 4 } as const;
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
    if (isMachineStep(step)) words.set(wordsOf(step, place), STEP_WORDS * i);
  });
  return words;
}

function wordsOf(step: MachineStep, place: (words: Int32Array) => number): number[] {
  const list = (count: number, words: Int32Array) => [KIND[step.kind], 0, 0, 0, count, 0, 0, place(words)];
  if (step.kind === "rows") return list(step.members.length, encodeMembers(step.members));
  if (step.kind === "together") return list(step.steps.length, encodeSteps(step.steps, place));
  return partedWords(step);
}

function partedWords(step: PartedStep): number[] {
  const { kernel, parameters } = step.native!;
  const head = [KIND[step.kind], parameters, kernel % 2 ** 32, Math.floor(kernel / 2 ** 32)];
  if (step.kind === "map") return [...head, ...sizeWords(step.count), step.unit];
  const { batches, rows, columns } = step.region;
  return [...head, 0, 0, 0, step.at, batches, rows, columns];
}

function encodeMembers(members: readonly RowMember[]): Int32Array {
  const words = new Int32Array(MEMBER_WORDS * members.length);
  members.forEach((member, i) => words.set(memberWords(member), MEMBER_WORDS * i));
  return words;
}

function memberWords({ step, rows, sums }: RowMember): number[] {
  const own = partedWords(step);
  const moved = sums === undefined ? [] : [sums.out, sums.outBytes, sums.factor, sums.factorBytes];
  const padding = new Array<number>(STEP_WORDS - own.length).fill(0);
  return [...own, ...padding, ...sizeWords(rows), ...sizeWords(step.count), ...moved];
}

/** A number and 0, or 0 and the address of the word that says it. */
const sizeWords = ({ constant, slot }: Size): [number, number] => (constant === undefined ? [0, slot] : [constant, 0]);
