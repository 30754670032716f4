// The path of a dispute: what a provider is asked for between its trace and the proof of one wrong number, in order. All
// games on a claim go the same way, since they look for the same number; what one has had opened is public for the others.
import { BOND } from "../gas.ts";
import { gasOf, type Rules } from "../rules.ts";
import type { Scenario } from "../scenario.ts";

/**
 * Answers are numbered from 0, the trace: then nodes of the lists of calls and tensors, nodes of the wrong tensor, its
 * block, at last the snapshots of a long reduction. */
export interface Path {
  /** The first answer inside the tensor, before which it is entered with its record. */
  readonly tensor: number;
  /** The answer that opens the block. */
  readonly block: number;
  /** How many answers there are; a proof follows. */
  readonly end: number;
  /** Gas credited for each. */
  readonly gas: readonly number[];
}

export function pathOf(rules: Rules, game: Scenario["game"]): Path {
  const { lists, blocks, publications } = game;
  const tensor = 1 + lists;
  const block = tensor + blocks;
  const end = block + 1 + publications;
  return { tensor, block, end, gas: game.answerGas ?? creditsOf(rules, game) };
}

/** What a provider is credited for each answer (DisputeGame), where every node is opened to the file's arity. */
function creditsOf({ arityLog2, snapshotsLog2 }: Rules, { lists, blocks, publications }: Scenario["game"]): number[] {
  const width = 32 * 2 ** arityLog2;
  // A header of 256 bytes, the first children, one output at a depth of ten.
  const trace = gasOf(BOND.OPEN_TRACE, 256 + width + 32 * 11);
  const opens = Array.from({ length: lists + blocks }, () => gasOf(BOND.OPEN, width));
  // Eight leaves; accumulators of four bytes.
  const publishes = Array.from({ length: publications }, () => gasOf(BOND.PUBLISH, 4 * 2 ** snapshotsLog2));
  return [trace, ...opens, gasOf(BOND.OPEN_BLOCK, 1024), ...publishes];
}

/**
 * The answer that a challenger asks for who has been given `at` answers in its game, where the first `known` of the path
 * are public: as deep as hashes are known, but a tensor is entered first, and its block opened in each game.
 */
export function askedFor({ tensor, block }: Path, at: number, known: number): number {
  if (at > block) return at;
  const deepest = at <= tensor ? tensor : block;
  return known < at ? at : known < deepest ? known : deepest;
}

/** What the challenger's move is called that asks for an answer. */
export function askingMove({ tensor, block }: Path, answer: number): "pick" | "enter" | "reduce" | "narrow" {
  if (answer > block) return answer === block + 1 ? "reduce" : "narrow";
  return answer === tensor ? "enter" : "pick";
}

/** What the provider's move is called that gives it. */
export function answeringMove({ block }: Path, answer: number): "openTrace" | "open" | "openBlock" | "publish" {
  if (answer === 0) return "openTrace";
  return answer < block ? "open" : answer === block ? "openBlock" : "publish";
}
