/**
 * All that one challenger does about a claim: its next move, and in which game. Pure: state in, move out.
 *
 * One game is enough: the trace stands in the order of evaluation, so that the first difference that a game descends to is
 * wrong by itself.
 */
import { equalBytes } from "@assay/vm/bytes";
import { joinedRoot } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { nextChallengerMove, type Sight } from "./challenger.ts";
import { outputPlaces } from "./layout.ts";
import type { Machine } from "./machine.ts";
import type { Move } from "./move.ts";
import { nodeAt, topPosition } from "./position.ts";
import type { Pause } from "./provider.ts";
import type { Published } from "./published.ts";
import type { Dispute, Game } from "./state.ts";

/** One challenger's games on a claim. */
export interface Campaign {
  readonly dispute: Dispute;
  /** In the order in which they were opened; those that are over may be missing. */
  readonly games: readonly Game[];
  /** Wei that the next game asks. */
  readonly bond: bigint;
}

/** What the challenger sends next: a move in one of its games, a first game, or nothing. */
export function nextCampaignMove(
  { dispute, games, bond }: Campaign,
  honest: Trace,
  machine: Machine,
  published: Published,
  now: number,
): Move | Pause {
  const sight = { dispute, honest, machine, published };
  const going = games.filter(({ stage }) => stage !== "none");
  const moves = going.map((game) => nextChallengerMove({ ...sight, game }, now));
  const move = moves.find(({ kind }) => kind !== "wait") ?? moves[0];
  if (move) return move;
  if (dispute.convicted) return { kind: "wait", reason: "over" };
  if (isAnswerWrong(sight) || isTraceWrong(sight)) return { kind: "challenge", claimId: dispute.claimId, bond };
  return { kind: "wait", reason: "nothing is wrong here" };
}

function isAnswerWrong({ dispute, honest }: Sight): boolean {
  const places = outputPlaces(dispute.header, dispute.claim.calls);
  const outputs = places.map(({ call, position }) => honest.commitment(call, position));
  return !equalBytes(joinedRoot(outputs), dispute.claim.outputsRoot);
}

/** Whether a trace that another's game had opened differs. */
function isTraceWrong({ dispute, honest, published }: Sight): boolean {
  const root = published.node(nodeAt(topPosition(dispute.claim.calls, dispute.header), 0));
  return root !== undefined && !equalBytes(root, honest.root);
}
