/**
 * The challenger's player: points where the provider's published trace first differs from its own, and proves as soon as
 * the place is pinned. Pure: state in, move out; it never guesses, and where nothing differs it makes no move. One game is
 * enough: the trace stands in the order of evaluation, so that the first difference is wrong by itself.
 */
import { equalBytes } from "@assay/vm/bytes";
import { isDType } from "@assay/vm/dtype";
import { placeOfCell } from "@assay/vm/rowGroup";
import { commitment, elementsPerLeaf } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { LEAF_BYTES } from "@assay/vm/tree";
import { deadlineOf } from "./clock.ts";
import { BLOCK_LOG2, elementOf, groupLevels, leafOfBlock } from "./layout.ts";
import type { Machine, Part } from "./machine.ts";
import { proofBytes, type Descent, type InBlock, type Move, type MoveOf, type Proof } from "./move.ts";
import { hidesRoot, nodeAt, placeOf, type Node } from "./position.ts";
import type { Pause } from "./provider.ts";
import type { Published } from "./published.ts";
import { cutsOf, pieceOf, segmentKey, unpackSegment, type Segment } from "./reduction.ts";
import { sideToMove } from "./stage.ts";
import type { Dispute, Game } from "./state.ts";

/** What the challenger sends next in its game: a pick, a proof, the end of a silent provider, or nothing. */
export function nextChallengerMove(view: View, now: number): Move | Pause {
  const { dispute, game } = view;
  const side = sideToMove(game.stage);
  if (side === undefined) return { kind: "wait", reason: "over" };
  if (dispute.convicted) return { kind: "reclaim", game: game.id };

  if (side === "provider") {
    const shortcut = game.stage === "open" ? beforeOpened(view) : undefined;
    if (shortcut) return shortcut;
    const until = deadlineOf(game.clock, side);
    if (now > until) return { kind: "timeout", game: game.id };
    return { kind: "wait", reason: "the provider's turn", until };
  }
  const move = game.stage === "pick" ? descend(view) : game.stage === "block" ? accuse(view) : narrow(view);
  return move ?? { kind: "wait", reason: "nothing is wrong here" };
}

/** What a challenger sees of a claim: its own trace, and what the provider published. */
export interface Sight {
  readonly dispute: Dispute;
  readonly honest: Trace;
  readonly machine: Machine;
  readonly published: Published;
}

/** The same, in one game. */
export interface View extends Sight {
  readonly game: Game;
  /** Steps that one proof runs at most, where they can be cut; `MOST_STEPS` if absent. */
  readonly mostSteps?: number;
}

/** What is known already need not be waited for. */
function beforeOpened(view: View): Move | undefined {
  const { dispute, game, published } = view;
  const node = nodeAt(game.position, game.depth);
  if (!isPublished(view, node)) return undefined;
  if (node.part.part === "tensor" && game.position.height === 0) return accuse(view);
  const children = published.descendants(node, groupLevels(game.position.height, dispute.rules));
  return children && { kind: "open", game: game.id, expected: game.pinned, children };
}

// ── Descending ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Follows the first difference as far down as hashes are published. */
function descend(view: View): Move | undefined {
  const found = firstDifference(view, nodeAt(view.game.position, view.game.depth));
  return found && point(view, found);
}

/** A node that is wrong, and whether it lies beyond the end of its list. */
export interface Difference {
  readonly node: Node;
  readonly padding: boolean;
}

/** Points from where a game stands at a node below it, or at the block that holds it. */
function point(view: View, { node: wrong, padding }: Difference): Move {
  const { dispute, game } = view;
  const expected = game.pinned;
  const start = nodeAt(game.position, game.depth);
  const node = wrong.part.part === "tensor" ? ancestor(wrong, blockLevel(view, wrong)) : wrong;
  const descent = descentTo(view, start, node);
  if (padding) {
    return { kind: "provePadding", game: game.id, expected, ...descent, claim: dispute.claim, header: dispute.header };
  }
  const entry = entryAt(view, node);
  if (entry) {
    const witness = view.machine.shapeWitness(entry.call, entry.position);
    return { kind: "enter", game: game.id, expected, ...descent, claim: dispute.claim, witness };
  }
  return { kind: "pick", game: game.id, expected, ...descent };
}

/** The tensor whose record says what stands at a node: the item of a call's list or of a row group's. */
export function entryAt(
  { honest }: Pick<Sight, "honest">,
  { part, level, index }: Node,
): { readonly call: number; readonly position: number } | undefined {
  if (level > 0 || part.part === "calls" || part.part === "tensor") return undefined;
  const { call } = part;
  if (part.part === "call") return { call, position: index };
  const { layout } = honest;
  const { node } = placeOfCell(layout.description(call, part.position), index);
  return { call, position: layout.firstNode(call) + node };
}

/**
 * The lowest node below `start`, in its list or the one below it, whose hash is known and wrong, first in order; undefined
 * where nothing below `start` is known or nothing known is wrong.
 */
export function firstDifference(sight: Sight, start: Node): Difference | undefined {
  const { honest, published } = sight;
  let node = start;
  for (;;) {
    const { part } = node;
    if (node.level === 0 && part.part === "calls") {
      // The root of a call is a leaf of the list of calls and the top of the call's own list.
      const call: Node = {
        part: { part: "call", call: node.index },
        level: honest.callTree(node.index).depth,
        index: 0,
      };
      published.addNode(call, published.node(node)!);
      node = call;
      continue;
    }
    const children = node.level > 0 ? published.descendants(node, 1) : undefined;
    if (!children) return node === start && node.level > 0 ? undefined : { node, padding: false };

    const tree = honest.tree(part);
    const level = node.level - 1;
    const wrong = children.findIndex((hash, i) => !equalBytes(hash, tree.node(level, 2 * node.index + i)));
    if (wrong < 0) return undefined;
    const child: Node = { part, level, index: 2 * node.index + wrong };
    if (level >= blockLevel(sight, child) && isBeyond(sight, child)) {
      // A list's padding is judged by a game that stands in that list.
      return part.part === start.part.part ? { node: child, padding: true } : { node, padding: false };
    }
    node = child;
  }
}

/** Whether a node lies wholly beyond the end of its list. */
export function isBeyond({ honest }: Pick<Sight, "honest">, { part, level, index }: Node): boolean {
  const { count, depth } = honest.tree(part);
  const first = index * 2 ** level;
  if (part.part === "group") {
    const group = honest.layout.description(part.call, part.position);
    const { node, row } = placeOfCell(group, first);
    return row >= group.rows || node >= group.groupEnd;
  }
  // A tensor in a row group has a tree for each row, side by side.
  return (part.part === "tensor" ? first % 2 ** depth : first) >= count;
}

/** Level of what a list is opened down to: of its items, or of a tensor's blocks. */
export function blockLevel({ honest }: Sight, { part }: Node): number {
  return part.part === "tensor" ? Math.min(BLOCK_LOG2, honest.tree(part).depth) : 0;
}

/** The node at a level that a node is or lies below. */
const ancestor = ({ part, level, index }: Node, at: number): Node =>
  at <= level ? { part, level, index } : { part, level: at, index: Math.floor(index / 2 ** (at - level)) };

/** Hash, index and path of a node below another, in the same list or in a call below the list of calls. */
function descentTo(sight: Sight, from: Node, to: Node): Descent {
  const { published, honest } = sight;
  const child = published.node(to)!;
  if (from.part.part === to.part.part) {
    const levels = from.level - to.level;
    const index = BigInt(to.index) - BigInt(from.index) * 2n ** BigInt(levels);
    return { child, index, path: published.path(to, levels) };
  }
  if (to.part.part !== "call") throw new RangeError("a pick crosses from calls to tensors only");
  const { call } = to.part;
  const upper: Node = { part: from.part, level: 0, index: call };
  const { index, path } = descentTo(sight, from, upper);
  const lower = published.path(to, honest.callTree(call).depth - to.level);
  return { child, index: (index << BigInt(lower.length)) | BigInt(to.index), path: [...lower, ...path] };
}

// ── Accusing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether the pinned node is what the published hashes say it is. */
function isPublished({ game, honest, published }: View, node: Node): boolean {
  const { call, node: position } = game.position;
  const root = published.node(node);
  if (!root) return false;
  const said = hidesRoot(game.position) ? commitment(honest.description(call, position), root) : root;
  return equalBytes(game.pinned, said);
}

/** Proves the first wrong element of the pinned block, or pins it where its reduction is to be cut. */
function accuse(view: View): Move | undefined {
  const { game, honest, machine, published } = view;
  const { call, node: position, block } = game.position;
  const node = nodeAt(game.position, game.depth);
  if (!isPublished(view, node)) return undefined;
  const found = wrongElementIn(view, node);
  if (!found) return undefined;
  const { leaf, bytes, inLeaf } = found;
  const path = published.path(leaf, node.level);
  const description = machine.description(call, position);
  const offset = (leaf.index - leafOfBlock(description, block)) * found.each + inLeaf;
  const element = elementOf(description, block, offset);
  const place: InBlock = { leaf: bytes, path, offset };
  const inside = element < honest.description(call, position).count;
  const steps = inside ? machine.steps(call, position).extent : 0;
  const cut: Move = { kind: "reduce", game: game.id, expected: game.pinned, ...place };
  return proveOrCut(view, { part: "value", element, place }, steps, steps > 0 ? cut : undefined);
}

/** A wrong element: the leaf that holds it, with its bytes, elements of a leaf, and its place among them. */
interface WrongElement {
  readonly leaf: Node;
  readonly bytes: Uint8Array;
  readonly each: number;
  readonly inLeaf: number;
}

/** The first wrong element below a node of a tensor, if the bytes of its leaf are known. */
function wrongElementIn(sight: Sight, node: Node): WrongElement | undefined {
  const { honest, machine, published } = sight;
  const leaf = firstDifference(sight, node)?.node;
  if (leaf?.part.part !== "tensor" || leaf.level > 0) return undefined;
  const { call, position } = leaf.part;
  const hash = published.node(leaf);
  const bytes = hash && published.leaf(hash);
  if (!bytes) return undefined;
  const { dtype } = machine.description(call, position);
  const each = isDType(dtype) ? elementsPerLeaf(dtype) : 1;
  const inLeaf = firstWrongElement(bytes, honest.leaf(call, position, leaf.index), each);
  return inLeaf === undefined ? undefined : { leaf, bytes, each, inLeaf };
}

/** The first element in which two leaves differ. */
export function firstWrongElement(leaf: Uint8Array, honest: Uint8Array, elements: number): number | undefined {
  const wrong = leaf.findIndex((byte, i) => byte !== honest[i]);
  if (wrong < 0) return undefined;
  if (elements <= LEAF_BYTES) return Math.floor((wrong * elements) / LEAF_BYTES);
  return wrong * 2 + ((leaf[wrong] & 15) === (honest[wrong] & 15) ? 1 : 0);
}

/** Proves the first wrong piece of the pinned segment, or chooses it where it is to be cut again. */
function narrow(view: View): Move | undefined {
  const { dispute, game, machine, published } = view;
  const most = 2 ** dispute.rules.snapshotsLog2;
  const { call, node, block } = game.position;
  const segment = unpackSegment(game.pinned);
  const { extent, snapshotBytes } = machine.steps(call, node);
  const element = elementOf(machine.description(call, node), block, segment.offset);
  const cuts = cutsOf(segment, most, extent);
  const place = placeOf(game.position);
  const given = published.snapshots(segmentKey(segment, place));
  if (!given) return undefined;
  // Before each piece; after the last where that is published.
  const honest = machine.snapshots(call, node, element, [segment.from, ...cuts]);
  const before = (piece: number): Uint8Array => slice(honest, piece, snapshotBytes);
  const wrong = cuts.findIndex((_, piece) => !equalBytes(slice(given, piece, snapshotBytes), before(piece + 1)));

  const whole: Segment = { ...segment, from: 0, to: extent };
  if (wrong < 0 && segment.to - segment.from === extent) {
    return prove(view, { part: "final", element, publications: [given], before: before(cuts.length) });
  }
  // Where no inner cut is wrong the last piece is: its end was wrong before.
  const index = wrong < 0 ? cuts.length : wrong;
  const { from, to } = pieceOf(segment, index, most);
  const publications = publicationsTo(published, whole, segment, place, most);
  const accused: Wrong = { part: "steps", element, publications, from, to, before: before(index) };
  const steps = to - from;
  const cut: Move = { kind: "narrow", game: game.id, expected: game.pinned, index };
  return proveOrCut(view, accused, steps, steps > 1 ? cut : undefined);
}

const slice = (snapshots: Uint8Array, index: number, width: number): Uint8Array =>
  snapshots.subarray(index * width, (index + 1) * width);

/** The publications of the whole reduction and of every segment down to this one. */
function publicationsTo(
  published: Published,
  whole: Segment,
  segment: Segment,
  place: bigint,
  most: number,
): Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let at = whole; ;) {
    chain.push(published.snapshots(segmentKey(at, place))!);
    if (at.from === segment.from && at.to === segment.to) return chain;
    const spacing = Math.ceil((at.to - at.from) / most);
    at = pieceOf(at, Math.floor((segment.from - at.from) / spacing), most);
  }
}

/**
 * Steps that one proof runs at most, where they can be cut. A step more of a matrix product is 13,000 to 20,000 gas, a cut
 * and the publication that answers it 110,000 and two transactions (docs/dispute.md): eight steps cost about as much together
 * as cut. Whatever the program they stay below the gas of a transaction (test/differential/stepLimits.test.ts).
 */
export const MOST_STEPS = 8;

/**
 * Bytes of data that a proof of several steps may have. Nodes pass on transactions of 128 KiB; claim, signature and what else
 * is always of one size take less than the 2 KiB left.
 */
export const MOST_PROOF_BYTES = 126 * 1024;

/** Proves so many steps at once, or cuts where they are too many for one proof; `cut` is undefined where nothing is to cut. */
function proveOrCut(view: View, wrong: Wrong, steps: number, cut: Move | undefined): Move {
  if (cut && steps > (view.mostSteps ?? MOST_STEPS)) return cut;
  const move = prove(view, wrong);
  return cut && proofBytes(move.proof) > MOST_PROOF_BYTES ? cut : move;
}

interface Wrong {
  readonly part: Part;
  readonly element: number;
  /** Where no segment is pinned. */
  readonly place?: InBlock;
  readonly publications?: readonly Uint8Array[];
  readonly from?: number;
  readonly to?: number;
  readonly before?: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const NO_PLACE: InBlock = { leaf: NOTHING, path: [], offset: 0 };

function prove(view: View, wrong: Wrong): MoveOf<"prove"> {
  const { dispute, game, honest, machine, published } = view;
  const { part, element, place = NO_PLACE, publications = [], from = 0, to = 0, before = NOTHING } = wrong;
  const { call, node: position } = game.position;
  const accusation = { call, position, element, part, from, to, before };
  const witness = machine.witness(published.over(honest), accusation);
  const proof: Proof = { ...place, claim: dispute.claim, part, from, publications, witness };
  return { kind: "prove", game: game.id, expected: game.pinned, proof };
}
