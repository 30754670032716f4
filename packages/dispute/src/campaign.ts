/**
 * All that one challenger does about a claim: which of its games moves next, and how, or that it needs one more. Pure:
 * state in, move out.
 *
 * Most claims take one game, which follows the first difference. In a row group (docs/program.md) that is not enough,
 * because elements are computed row by row there: a tensor may be wrong only because a later one of its group was wrong a
 * row earlier, and then nothing contradicts where it differs. So the campaign looks for the first wrong element in the
 * order of evaluation, with a game in each tensor that may hold it:
 *
 * - It is in the first call that differs, and there in the first group (by end, then start) that has a differing tensor.
 *   The lists of that call are opened until each tensor that might belong to it is known to differ or not.
 * - In one tensor, elements are computed in the order in which they stand. So a tensor's own first wrong element is where
 *   its first difference leads, and as long as that is not reached, what is known to be right ends where the lowest known
 *   difference begins: an earlier element cannot be wrong.
 * - The least (row, node) among the elements reached is the first wrong one as soon as no other tensor of the group can
 *   hold an earlier one. Everything it is computed from comes before it, so it is right, and the chain computes the honest
 *   value and not the committed one: it can be proven, whatever else a liar made differ. And since what it loads lies
 *   before the first difference of each tensor, or in an opened block, the challenger has all of the proof.
 *
 * Tensors of the group are searched one after the other, by position, each only as far as it might matter. What was
 * opened in one game is known in all, so later descents are short. Games that were not needed end by the conviction.
 *
 * Warning: their clocks run meanwhile. A game that waits for another one's answer longer than its challenger's budget is
 * lost with its bond; what it found stays known, and a new game reaches it without the provider.
 */
import { equalBytes } from "@assay/vm/bytes";
import { isDType } from "@assay/vm/dtype";
import { elementsPerLeaf, joinedRoot, type Description } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { firstDifference, firstWrongElement, moveIn, point, type Sight } from "./challenger.ts";
import { deadlineOf } from "./clock.ts";
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

  const target = nextTarget(sight);
  if (!target) return NOTHING_WRONG;
  const play = (node: Node): Move | Pause => {
    const game = gameFor(going, node);
    return game ? moveTo(sight, game, node, now) : challenge;
  };
  try {
    return play(target);
  } catch (error) {
    // A load that gives 0 may still have to show the root of a tensor which comes later, and differs.
    if (!(error instanceof NotPublishedError)) throw error;
    const node = treeNode(sight, published.above(error.node, honest)!);
    return contains(node, target) ? NOTHING_WRONG : play(node);
  }
}

/** The root of the trace. */
const top = ({ dispute }: Sight): Node => nodeAt(topPosition(dispute.claim.calls, dispute.header), 0);

function isAnswerWrong({ dispute, honest }: Sight): boolean {
  const places = outputPlaces(dispute.header, dispute.claim.calls);
  const outputs = places.map(({ call, position }) => honest.commitment(call, position));
  return !equalBytes(joinedRoot(outputs), dispute.claim.outputsRoot);
}

// ── What to look at ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The node that some game has to stand on next: of a list that must be opened further, or where a tensor is wrong. */
function nextTarget(sight: Sight): Node | undefined {
  const found = firstDifference(sight, top(sight));
  if (!found) return undefined;
  const { node } = found;
  if (found.padding || node.part.part !== "call" || node.level > 0) return node;
  const { call } = node.part;
  const front = frontGroup(sight, call, node.index);
  if ("unknown" in front) return front.unknown;
  return firstWrongTensor(sight, call, front.positions);
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

/** Where the first wrong element of a group is, as far as its tensors are opened; or where one may be before it. */
function firstWrongTensor(sight: Sight, call: number, positions: readonly number[]): Node {
  const found = positions.map((position) => {
    const node = lowest(sight, call, position);
    const wrong = elementIn(sight, node);
    return { node, reached: wrong !== undefined, turn: turnOf(sight, call, position, wrong ?? startOf(sight, node)) };
  });
  const reached = found.filter(({ reached }) => reached);
  const first = reached.reduce<(typeof found)[number] | undefined>(
    (best, other) => (best && !isBefore(other.turn, best.turn) ? best : other),
    undefined,
  );
  const open = found.find(({ reached, turn }) => !reached && (!first || isBefore(turn, first.turn)));
  return (open ?? first!).node;
}

/** The lowest node of a tensor's tree that is known to hold its first difference; the root until it is opened. */
function lowest(sight: Sight, call: number, position: number): Node {
  const root = treeNode(sight, { part: { part: "call", call }, level: 0, index: position });
  return (sight.published.node(root) && firstDifference(sight, root)?.node) ?? root;
}

/** A node; instead of a commitment, the root of the tree that it hides. */
function treeNode({ honest }: Sight, node: Node): Node {
  if (node.part.part !== "call" || node.level > 0) return node;
  const part = { part: "tensor", call: node.part.call, position: node.index } as const;
  return { part, level: honest.tree(part).depth, index: 0 };
}

/** First element below a node of a tensor. */
function startOf({ honest }: Sight, { part, level, index }: Node): number {
  if (part.part !== "tensor") return 0;
  const { dtype } = honest.description(part.call, part.position);
  return isDType(dtype) ? index * 2 ** level * elementsPerLeaf(dtype) : 0;
}

/** The first wrong element of a block, if its bytes are published. */
function elementIn({ honest, published }: Sight, { part, level, index }: Node): number | undefined {
  if (part.part !== "tensor") return undefined;
  const { dtype } = honest.description(part.call, part.position);
  if (!isDType(dtype)) return undefined;
  const each = elementsPerLeaf(dtype);
  for (const [i, hash] of (published.descendants({ part, level, index }, level) ?? []).entries()) {
    const leaf = published.leaf(hash);
    if (!leaf) return undefined;
    const at = index * 2 ** level + i;
    const wrong = firstWrongElement(leaf, honest.leaf(part.call, part.position, at), each);
    if (wrong !== undefined) return at * each + wrong;
  }
  return undefined;
}

/** When an element is computed; padding depends on nothing. */
function turnOf({ honest }: Sight, call: number, position: number, element: number): Turn {
  const { count, rows } = honest.description(call, position);
  if (element >= count) return { row: -1, position };
  return { row: Math.floor(element / Math.max(1, Math.floor(count / rows))), position };
}

// ── Which game, and how ──────────────────────────────────────────────────────────────────────────────────────────────

/** The game that is nearest above a node. */
function gameFor(games: readonly Game[], node: Node): Game | undefined {
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
