/**
 * The provider's player: the answer that a game waits for, from the provider's own trace. Pure: state in, move out.
 */
import { keccak, type Hash } from "@assay/vm/hash";
import { concat, equalBytes } from "@assay/vm/bytes";
import { commitment } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { fold } from "@assay/vm/tree";
import { deadlineOf } from "./clock.ts";
import { answerTo, unpackDemand } from "./demand.ts";
import type { Machine } from "./machine.ts";
import type { Move, MoveOf } from "./move.ts";
import { hidesRoot, nodeAt, topPosition } from "./position.ts";
import { cutsOf, unpackSegment } from "./reduction.ts";
import { sideToMove } from "./stage.ts";
import type { Dispute, Game } from "./state.ts";
import { elementOf, groupLevels, outputPlaces } from "./layout.ts";

/** Why there is no move to make. `until` is the last second in which the other side may move, where that matters. */
export interface Pause {
  readonly kind: "wait";
  readonly reason: string;
  readonly until?: number;
}

/**
 * What the provider sends next in a game: an answer, the end of a silent challenger's game, or nothing. A provider whose
 * trace does not hold together has no answer where it breaks.
 */
export function nextProviderMove(
  dispute: Dispute,
  game: Game,
  trace: Trace,
  machine: Machine,
  now: number,
): Move | Pause {
  const side = sideToMove(game.stage);
  if (dispute.convicted || side === undefined) return { kind: "wait", reason: "over" };
  if (side === "challenger") {
    const until = deadlineOf(game.clock, side);
    if (now > until) return { kind: "timeout", game: game.id };
    return { kind: "wait", reason: "the challenger's turn", until };
  }
  const answer = answerOf(dispute, game, trace, machine);
  return answer ?? { kind: "wait", reason: "the trace has no answer", until: deadlineOf(game.clock, side) };
}

function answerOf(dispute: Dispute, game: Game, trace: Trace, machine: Machine): Move | undefined {
  switch (game.stage) {
    case "trace":
      return openTrace(dispute, game, trace);
    case "open":
      return openNode(dispute, game, trace);
    case "publish":
      return publish(dispute, game, machine);
    case "supply":
      return supply(dispute, game, trace, machine);
    default:
      return undefined;
  }
}

/** The trace root with its first descendants, and where the claimed outputs stand. */
export function openTrace(dispute: Dispute, game: Game, trace: Trace): MoveOf<"openTrace"> | undefined {
  const { claim, header, rules } = dispute;
  const top = nodeAt(topPosition(dispute.claim.calls, header), 0);
  const levels = groupLevels(top.level, rules);
  const places = outputPlaces(header, claim.calls);
  const outputs = places.map(({ call, position }) => trace.commitment(call, position));
  if (!equalBytes(keccak(...outputs), claim.outputsRoot)) return undefined;
  const paths = places.map(({ call, position }) => {
    const path = trace.proof({ part: "call", call }, position);
    if (claim.calls > 1) path.push(...trace.proof({ part: "calls" }, call));
    return path.slice(0, path.length - levels);
  });
  const children = trace.children(top.part, top.level, top.index, levels);
  if (!equalBytes(fold(children), trace.root)) return undefined;
  return { kind: "openTrace", game: game.id, claim, header, traceRoot: trace.root, children, outputs, paths };
}

/** The descendants of the pinned node, or the bytes of the pinned block. */
function openNode(dispute: Dispute, game: Game, trace: Trace): Move | undefined {
  const { position, pinned: expected } = game;
  const { part, level, index } = nodeAt(position, game.depth);
  const { call, node } = position;
  const stands = (root: Hash): boolean =>
    equalBytes(expected, hidesRoot(position) ? commitment(trace.description(call, node), root) : root);
  if (part.part === "tensor" && position.height === 0) {
    const bytes = Array.from({ length: 2 ** level }, (_, i) => trace.leaf(call, node, index * 2 ** level + i));
    const leaves = concat(...bytes);
    const root = fold(bytes.map((leaf) => keccak(leaf)));
    return stands(root) ? { kind: "openBlock", game: game.id, expected, leaves } : undefined;
  }
  const children = trace.children(part, level, index, groupLevels(position.height, dispute.rules));
  return stands(fold(children)) ? { kind: "open", game: game.id, expected, children } : undefined;
}

/** What was demanded. */
function supply(dispute: Dispute, game: Game, trace: Trace, machine: Machine): Move | undefined {
  const { demand: what, pinned: expected } = game;
  if (what === undefined) return undefined;
  const { claim, header } = dispute;
  const answer = answerTo(unpackDemand(what), dispute, trace, machine);
  return { kind: "supply", game: game.id, expected, what, claim, header, ...answer };
}

/** The accumulators inside the pinned segment. */
function publish(dispute: Dispute, game: Game, machine: Machine): Move {
  const { call, node, block } = game.position;
  const segment = unpackSegment(game.pinned);
  const { extent } = machine.steps(call, node);
  const cuts = cutsOf(segment, 2 ** dispute.rules.snapshotsLog2, extent);
  const element = elementOf(machine.description(call, node), block, segment.offset);
  const snapshots = machine.snapshots(call, node, element, cuts);
  return { kind: "publish", game: game.id, expected: game.pinned, snapshots };
}
