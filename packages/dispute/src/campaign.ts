/**
 * All that one challenger does about a claim: its next move, and in which game. Pure: state in, move out.
 *
 * Mostly it follows the first difference. In a row group (docs/program.md) that is not enough, because elements are
 * computed row by row there: a tensor may be wrong only because a later one of its group was wrong a row earlier, and then
 * nothing contradicts where it differs. So the campaign looks for the first wrong element in the order of evaluation:
 *
 * - It is in the first call that differs, and there in the first group (by end, then start) that has a differing tensor.
 *   The lists of that call are opened until each tensor that might belong to it is known to differ or not.
 * - In one tensor, elements are computed in the order in which they stand. So a tensor's own first wrong element is where
 *   its first difference leads, and as long as that is not reached, what is known to be right ends where the lowest known
 *   difference begins: an earlier element cannot be wrong.
 * - The least (row, node) among the elements reached is the first wrong one as soon as no other tensor of the group can
 *   hold an earlier one. Whether one does is asked by a demand of the last leaf of it that comes before: the leaf and the
 *   siblings on its way to the root show all that lies to its left.
 * - Everything the first wrong element is computed from comes before it, so it is right, and the chain computes the honest
 *   value and not the committed one: it can be proven, whatever else a liar made differ. And since what it loads lies
 *   before the first difference of each tensor, or in a leaf that is known, the challenger has all of the proof.
 *
 * One game does all this: it rises to the trace root where it has to go elsewhere. So there is one pair of clocks, and the
 * challenger's runs only while it has a move to make: a provider that stalls spends its own time. More games are begun
 * only where one has made all its moves.
 */
import { equalBytes } from "@assay/vm/bytes";
import { isDType, type DType } from "@assay/vm/dtype";
import { elementsPerLeaf, joinedRoot, type Description } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { firstDifference, moveIn, point, wrongElementIn, type Sight } from "./challenger.ts";
import { deadlineOf } from "./clock.ts";
import { packDemand, packDescription } from "./demand.ts";
import { outputPlaces } from "./layout.ts";
import type { Machine } from "./machine.ts";
import type { Move } from "./move.ts";
import { nodeAt, topPosition, type Node } from "./position.ts";
import type { Pause } from "./provider.ts";
import { NotPublishedError, type Published } from "./published.ts";
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

/** The root of the trace. */
const top = ({ dispute }: Sight): Node => nodeAt(topPosition(dispute.claim.calls, dispute.header), 0);

function isAnswerWrong({ dispute, honest }: Sight): boolean {
  const places = outputPlaces(dispute.header, dispute.claim.calls);
  const outputs = places.map(({ call, position }) => honest.commitment(call, position));
  return !equalBytes(joinedRoot(outputs), dispute.claim.outputsRoot);
}

// ── What to look for ─────────────────────────────────────────────────────────────────────────────────────────────────

/** A leaf of a tensor of the trace. */
interface Leaf {
  readonly call: number;
  readonly position: number;
  readonly index: number;
}

/** What the challenger wants next: a game that stands on a node and goes on from there, or to see a leaf. */
type Quest = { readonly stand: Node } | { readonly leaf: Leaf };

function nextQuest(sight: Sight): Quest | undefined {
  const { honest, published } = sight;
  // A tensor that contradicts its record cannot be opened.
  const odd = published.descriptions.find(
    ({ call, position, description }) => description !== packDescription(honest.description(call, position)),
  );
  if (odd) return { stand: rootNode(sight, odd.call, odd.position) };
  const found = firstDifference(sight, top(sight));
  if (!found) return undefined;
  const { node } = found;
  if (found.padding || node.part.part !== "call" || node.level > 0) return { stand: node };
  const { call } = node.part;
  const front = frontGroup(sight, call, node.index);
  return "unknown" in front ? { stand: front.unknown } : firstWrongOf(sight, call, front.positions);
}

/**
 * The differing tensors of the first group that has any, or a node to open before that can be told. `leftmost` is the
 * first differing position of the call.
 */
function frontGroup(
  { honest, published }: Sight,
  call: number,
  leftmost: number,
): { positions: number[] } | { unknown: Node } {
  let positions = [leftmost];
  let group = honest.description(call, leftmost);
  const { count } = honest.callTree(call);
  for (let position = leftmost + 1; position < count; position++) {
    const theirs = honest.description(call, position);
    const order = compareGroups(theirs, group);
    if (order > 0) continue;
    const above = published.above({ part: { part: "call", call }, level: 0, index: position }, honest)!;
    if (equalBytes(published.node(above)!, honest.tree(above.part).node(above.level, above.index))) continue;
    if (above.level > 0) return { unknown: above };
    if (order === 0) positions.push(position);
    else [positions, group] = [[position], theirs];
  }
  return { positions };
}

/** Groups in the order of evaluation; that of the stop flag ends at 0, before all others. */
const compareGroups = (a: Description, b: Description): number =>
  a.groupEnd - b.groupEnd || a.groupStart - b.groupStart;

/** Where an element comes in its group. */
interface Turn {
  readonly row: number;
  readonly position: number;
}

const isBefore = (a: Turn, b: Turn): boolean => a.row < b.row || (a.row === b.row && a.position < b.position);

/** Where a tensor that differs may be wrong first. */
interface Suspect {
  readonly position: number;
  /** The lowest node that is known to hold its first difference. */
  readonly node: Node;
  /** Whether that is an element whose bytes are known. */
  readonly reached: boolean;
  /** The earliest and the latest that its first wrong element can be computed. */
  readonly from: Turn;
  readonly to: Turn;
}

/** The first wrong element of a group, as far as its tensors are known; or how to learn more of one that may come before. */
function firstWrongOf(sight: Sight, call: number, positions: readonly number[]): Quest {
  const suspects = positions.map((position) => suspectOf(sight, call, position));
  const first = suspects
    .filter(({ reached }) => reached)
    .reduce<Suspect | undefined>((best, other) => (best && !isBefore(other.from, best.from) ? best : other), undefined);
  const rival = suspects.find(({ reached, from }) => !reached && (!first || isBefore(from, first.from)));
  if (!rival || !first || isBefore(rival.to, first.from)) return { stand: (rival ?? first)!.node };
  return { leaf: lastLeafBefore(sight, call, rival.position, first.from) };
}

function suspectOf(sight: Sight, call: number, position: number): Suspect {
  const root = rootNode(sight, call, position);
  const node = (sight.published.node(root) && firstDifference(sight, root)?.node) ?? root;
  const wrong = wrongElementIn(sight, node);
  const [from, to] = wrong ? [wrong.element, wrong.element] : elementsBelow(sight, node);
  return {
    position,
    node,
    reached: wrong !== undefined,
    from: turnOf(sight, call, position, from),
    to: turnOf(sight, call, position, to),
  };
}

/** The last leaf of a tensor with an element that is computed before a turn; there is one. */
function lastLeafBefore({ honest }: Sight, call: number, position: number, turn: Turn): Leaf {
  const { dtype, count, rows } = honest.description(call, position);
  const rowsBefore = position < turn.position ? turn.row + 1 : turn.row;
  const last = Math.min(count, rowsBefore * widthOf(count, rows)) - 1;
  return { call, position, index: Math.floor(last / elementsPerLeaf(dtype as DType)) };
}

/** The first leaf under a node, or of the first tensor under it. */
function firstLeaf({ part, level, index }: Node): Leaf {
  const first = index * 2 ** level;
  if (part.part === "calls") return { call: first, position: 0, index: 0 };
  if (part.part === "call") return { call: part.call, position: first, index: 0 };
  return { call: part.call, position: part.position, index: first };
}

/** The root of the tree of a tensor. */
function rootNode({ honest }: Sight, call: number, position: number): Node {
  const part = { part: "tensor", call, position } as const;
  return { part, level: honest.tree(part).depth, index: 0 };
}

/** First and last element below a node of a tensor; padding where there is nothing else. */
function elementsBelow({ honest }: Sight, { part, level, index }: Node): [number, number] {
  if (part.part !== "tensor") return [0, 0];
  const { dtype, count } = honest.description(part.call, part.position);
  if (!isDType(dtype)) return [0, 0];
  const each = 2 ** level * elementsPerLeaf(dtype);
  const first = index * each;
  return [first, Math.max(first, Math.min(first + each, count) - 1)];
}

/** When an element is computed; padding depends on nothing. */
function turnOf({ honest }: Sight, call: number, position: number, element: number): Turn {
  const { count, rows } = honest.description(call, position);
  if (element >= count) return { row: -1, position };
  return { row: Math.floor(element / widthOf(count, rows)), position };
}

/** Elements of a row. */
const widthOf = (count: number, rows: number): number => Math.max(1, Math.floor(count / rows));

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
