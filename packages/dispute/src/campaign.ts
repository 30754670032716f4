/**
 * All that one challenger does about a claim: its next move, and in which game. Pure: state in, move out.
 *
 * One game does it all: it goes where the search (search.ts) wants it, and rises to the trace root where that is elsewhere. So
 * there is one pair of clocks, and the challenger's runs only while it has a move to make: a provider that stalls spends
 * its own time. More games are begun only where one has made all its moves.
 */
import { equalBytes } from "@assay/vm/bytes";
import { joinedRoot } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { firstDifference, moveIn, point, type Sight } from "./challenger.ts";
import { deadlineOf } from "./clock.ts";
import { packDemand } from "./demand.ts";
import { outputPlaces } from "./layout.ts";
import type { Machine } from "./machine.ts";
import type { Move } from "./move.ts";
import { nodeAt, type Node } from "./position.ts";
import type { Pause } from "./provider.ts";
import { NotPublishedError, type Published } from "./published.ts";
import { firstLeaf, nextQuest, top, type Quest } from "./search.ts";
import { sideToMove } from "./stage.ts";
import type { Dispute, Game } from "./state.ts";

/** One challenger's games on a claim. */
export interface Campaign {
  readonly dispute: Dispute;
  /** In the order in which they were opened; those that are over may be missing. */
  readonly games: readonly Game[];
  /** Wei that the next game asks. */
  readonly bond: bigint;
}

const NOTHING_WRONG: Pause = { kind: "wait", reason: "nothing is wrong here" };

/** What the challenger sends next: a move in one of its games, one more game, or nothing. */
export function nextCampaignMove(
  { dispute, games, bond }: Campaign,
  honest: Trace,
  machine: Machine,
  published: Published,
  now: number,
): Move | Pause {
  const going = games.filter(({ stage }) => stage !== "none");
  if (dispute.convicted) {
    return going.length > 0 ? { kind: "reclaim", game: going[0].id } : { kind: "wait", reason: "over" };
  }
  const late = going.find(
    ({ stage, clock }) => sideToMove(stage) === "provider" && now > deadlineOf(clock, "provider"),
  );
  if (late) return { kind: "timeout", game: late.id };

  const sight = { dispute, honest, machine, published };
  const challenge: Move = { kind: "challenge", claimId: dispute.claimId, bond };
  const opening = going.find(({ stage }) => stage === "trace");
  if (opening) return moveIn({ ...sight, game: opening }, now);
  if (!published.node(top(sight))) return isAnswerWrong(sight) ? challenge : NOTHING_WRONG;

  const quest = nextQuest(sight);
  if (!quest) return NOTHING_WRONG;
  try {
    return pursue(sight, quest, going, challenge, now);
  } catch (error) {
    // A load that gives 0 may still have to show the root of a tensor which comes later, and differs.
    if (!(error instanceof NotPublishedError)) throw error;
    return pursue(sight, { leaf: firstLeaf(error.node) }, going, challenge, now);
  }
}

function isAnswerWrong({ dispute, honest }: Sight): boolean {
  const places = outputPlaces(dispute.header, dispute.claim.calls);
  const outputs = places.map(({ call, position }) => honest.commitment(call, position));
  return !equalBytes(joinedRoot(outputs), dispute.claim.outputsRoot);
}

// ── Which game, and how ──────────────────────────────────────────────────────────────────────────────────────────────

/** The next move towards what is wanted. */
function pursue(sight: Sight, quest: Quest, games: readonly Game[], challenge: Move, now: number): Move | Pause {
  const { mostMoves } = sight.dispute.rules;
  const near = "stand" in quest ? gameAbove(games, quest.stand) : undefined;
  if (near && "stand" in quest) return moveTo(sight, near, quest.stand, now);
  const free = games.find(({ stage, moves }) => sideToMove(stage) === "challenger" && moves < mostMoves);
  if (!free) return games.find(({ stage }) => sideToMove(stage) === "provider") ? waitFor(games) : challenge;
  const { id: game, pinned: expected } = free;
  if ("stand" in quest) return { kind: "rise", game, expected };
  const { call, position: node, index: leaf } = quest.leaf;
  return { kind: "demand", game, expected, what: packDemand({ kind: "trace", call, node, leaf }) };
}

/** Until the first of the games that wait for the provider runs out of time. */
function waitFor(games: readonly Game[]): Pause {
  const waiting = games.filter(({ stage }) => sideToMove(stage) === "provider");
  const until = Math.min(...waiting.map(({ clock }) => deadlineOf(clock, "provider")));
  return { kind: "wait", reason: "the provider's turn", until };
}

/** The game that is nearest above a node. */
function gameAbove(games: readonly Game[], node: Node): Game | undefined {
  let best: Game | undefined;
  for (const game of games) {
    if (!contains(standing(game), node)) continue;
    if (!best || contains(standing(best), standing(game))) best = game;
  }
  return best;
}

const standing = ({ position, depth }: Game): Node => nodeAt(position, depth);

/** Whether a node is another or lies below it, in its tree or in one that hangs in it. */
function contains(upper: Node, lower: Node): boolean {
  if (isOneTree(upper, lower)) {
    const levels = upper.level - lower.level;
    return levels >= 0 && Math.floor(lower.index / 2 ** levels) === upper.index;
  }
  if (lower.part.part === "calls" || upper.part.part === "tensor") return false;
  return contains(upper, hook(lower));
}

function isOneTree({ part: a }: Node, { part: b }: Node): boolean {
  if (a.part === "tensor" && b.part === "tensor") return a.call === b.call && a.position === b.position;
  return a.part === b.part && (a.part !== "call" || a.call === (b as typeof a).call);
}

/** The leaf of a list that the tree of a node hangs in. */
function hook({ part }: Node): Node {
  if (part.part === "tensor") return { part: { part: "call", call: part.call }, level: 0, index: part.position };
  if (part.part === "call") return { part: { part: "calls" }, level: 0, index: part.call };
  throw new RangeError("the list of calls hangs in nothing");
}

/** A game's move towards a node at or below where it stands. */
function moveTo(sight: Sight, game: Game, node: Node, now: number): Move | Pause {
  const own = (): Move | Pause => moveIn({ ...sight, game }, now);
  // In a tensor, and where the first difference is the way, the game plays as if it were alone.
  const from = standing(game);
  if (from.part.part === "tensor" || sideToMove(game.stage) === "provider") return own();
  const alone = firstDifference(sight, from);
  const to = node.part.part === "tensor" ? hook(node) : node;
  if (!alone || alone.padding || contains(alone.node, to)) return own();
  return point({ ...sight, game }, { node: to, padding: false });
}
