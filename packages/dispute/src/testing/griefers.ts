/**
 * Griefers: challengers that dispute a right answer. Each has moves that the game allows, by which it keeps the provider
 * busy, and moves that the game must refuse, which it tries wherever it stands. None can win; each ends in silence.
 */
import { concat, equalBytes } from "@assay/vm/bytes";
import type { DType } from "@assay/vm/dtype";
import { elementsPerLeaf } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { deadlineOf } from "../clock.ts";
import { DEMAND_KINDS, packDemand } from "../demand.ts";
import { elementOf, groupLevels } from "../layout.ts";
import type { Machine } from "../machine.ts";
import type { Move } from "../move.ts";
import { entryAt, isBeyond } from "../challenger.ts";
import { nodeAt, placeOf, type Node } from "../position.ts";
import type { Published } from "../published.ts";
import { pieceOf, segmentKey, unpackSegment } from "../reduction.ts";
import { sideToMove } from "../stage.ts";
import type { Dispute, Game } from "../state.ts";
import type { Random } from "./random.ts";
import { noise } from "./toy.ts";

/** What a griefer sees: all that an honest challenger does. */
export interface Sight {
  readonly dispute: Dispute;
  readonly game: Game;
  readonly trace: Trace;
  readonly machine: Machine;
  readonly published: Published;
  /** Moves of both sides so far. */
  readonly made: readonly Move[];
}

/** A move that must revert. */
export interface Attempt {
  readonly by: "challenger" | "stranger";
  readonly move: Move;
  /** Errors that may refuse it. */
  readonly errors: readonly string[];
}

export interface Griefer {
  readonly name: string;
  readonly summary: string;
  /** Whether it points on and on, or falls silent at once. */
  readonly points: boolean;
  /** How often it demands data before it points. */
  readonly demands?: number;
  /** Whether it moves in its last second only. */
  readonly late?: boolean;
  /** What it tries and must not get. */
  attempts?(sight: Sight, random: Random): Attempt[];
}

/** A demand of anything. */
export function demandAnything({ game, trace }: Sight, random: Random): Move {
  const { layout } = trace;
  const kind = DEMAND_KINDS[random(DEMAND_KINDS.length)];
  const call = random(layout.calls);
  const node = random(layout.positions(call) + 1);
  const what = packDemand({ kind, call, node, leaf: random(12) });
  return { kind: "demand", game: game.id, expected: game.pinned, what };
}

/** A move that the game allows, chosen without reason; undefined where the griefer has none. */
export function pointAnywhere(sight: Sight, random: Random): Move | undefined {
  const { game } = sight;
  if (game.stage === "pick") return descendAnywhere(sight, random);
  if (game.stage === "block") return reduceAnywhere(sight, random);
  return game.stage === "narrow" ? narrowAnywhere(sight, random) : undefined;
}

function descendAnywhere({ dispute, game, trace, machine, published }: Sight, random: Random): Move | undefined {
  const { position, pinned: expected } = game;
  const node = nodeAt(position, game.depth);
  const levels = groupLevels(position.height, dispute.rules);
  const level = node.level - levels;
  const width = 2 ** levels;
  const at = (i: number): Node => ({ part: node.part, level, index: node.index * width + i });
  const choices = Array.from({ length: width }, (_, i) => i).filter((i) => isFilled(trace, at(i)));
  if (choices.length === 0) return undefined;
  const index = choices[random(choices.length)];
  const to = at(index);
  const descent = { child: published.node(to)!, index: BigInt(index), path: published.path(to, levels) };
  // A call of one tensor is that tensor's commitment.
  const alone = node.part.part === "calls" && level === 0 && trace.callTree(to.index).depth === 0;
  const entry = alone ? { call: to.index, position: 0 } : entryAt({ honest: trace }, to);
  if (!entry) return { kind: "pick", game: game.id, expected, ...descent };
  const witness = machine.shapeWitness(entry.call, entry.position);
  return { kind: "enter", game: game.id, expected, ...descent, claim: dispute.claim, witness };
}

/** Whether a node is none that must be empty: beyond the end, or in a row group before its last node or of none. */
function isFilled(trace: Trace, node: Node): boolean {
  if (isBeyond({ honest: trace }, node)) return false;
  const entry = entryAt({ honest: trace }, node);
  if (!entry) return true;
  const { layout } = trace;
  const group = layout.groupOf(entry.call, entry.position);
  if (node.part.part === "call") return !group || group.last === entry.position;
  const { part } = node;
  if (part.part !== "group") return true;
  const first = layout.firstNode(part.call);
  return layout.isMember(part.call, layout.description(part.call, part.position), entry.position - first);
}

/** An element of the pinned block, with the leaf that holds it. */
function anyElement({ game, trace, machine, published }: Sight, random: Random) {
  const { call, node: position, block } = game.position;
  const node = nodeAt(game.position, game.depth);
  const description = machine.description(call, position);
  const each = elementsPerLeaf(description.dtype as DType);
  const offset = random(each * 2 ** node.level);
  const index = node.index * 2 ** node.level + Math.floor(offset / each);
  const leaf = trace.leaf(call, position, index);
  const path = published.path({ part: node.part, level: 0, index }, node.level);
  const element = elementOf(description, block, offset);
  return { call, position, element, leaf, path, offset, inside: element < trace.description(call, position).count };
}

function reduceAnywhere(sight: Sight, random: Random): Move | undefined {
  const { game, machine } = sight;
  for (let i = 0; i < 20; i++) {
    const { call, position, leaf, path, offset, inside } = anyElement(sight, random);
    if (machine.steps(call, position).extent === 0) return undefined;
    if (inside) return { kind: "reduce", game: game.id, expected: game.pinned, leaf, path, offset };
  }
  return undefined;
}

function narrowAnywhere({ dispute, game }: Sight, random: Random): Move | undefined {
  const most = 2 ** dispute.rules.snapshotsLog2;
  const segment = unpackSegment(game.pinned);
  const piece = pieceOf(segment, 0, most);
  if (piece.to - piece.from === 1) return undefined;
  const pieces = Math.floor((segment.to - segment.from) / (piece.to - piece.from));
  return { kind: "narrow", game: game.id, expected: game.pinned, index: random(pieces) };
}

// ── What must be refused ─────────────────────────────────────────────────────────────────────────────────────────────

/** A move whose data is all but the truth, whatever it answers. */
const nonsense = ({ game, dispute }: Sight, random: Random) => {
  const expected = game.pinned;
  const hash = noise(random(1 << 30));
  return {
    pick: { kind: "pick", game: game.id, expected, child: hash, index: 0n, path: [] },
    narrow: { kind: "narrow", game: game.id, expected, index: 0 },
    open: { kind: "open", game: game.id, expected, children: [hash, hash] },
    openBlock: { kind: "openBlock", game: game.id, expected, leaves: concat(hash, hash, hash, hash) },
    publish: { kind: "publish", game: game.id, expected, snapshots: new Uint8Array(4) },
    reduce: { kind: "reduce", game: game.id, expected, leaf: new Uint8Array(128), path: [], offset: 0 },
    padding: {
      ...{ kind: "provePadding", game: game.id, expected, child: hash, index: 0n, path: [] },
      ...{ claim: dispute.claim, header: dispute.header },
    },
  } satisfies Record<string, Move>;
};

const REFUSED = ["DisputeGame_Stage", "DisputeGame_Expected", "DisputeGame_Length", "DisputeGame_Hash"];

export function outOfRange(sight: Sight, random: Random): Attempt[] {
  const { game } = sight;
  const by = "challenger";
  const range = ["DisputeGame_Range", "DisputeGame_Place", "DisputeGame_Length", "DisputeGame_Hash"];
  const move = pointAnywhere(sight, random);
  if (!move) return [];
  if (move.kind === "pick" || move.kind === "enter") {
    const above = BigInt(2 ** move.path.length);
    return [
      { by, move: { ...move, index: move.index + above }, errors: ["DisputeGame_Range"] },
      { by, move: { ...move, index: 2n ** 200n }, errors: ["DisputeGame_Range"] },
      { by, move: { ...move, path: [...move.path, ...move.path] }, errors: range },
      { by, move: { ...move, path: move.path.slice(1), index: 0n }, errors: ["DisputeGame_Length"] },
    ];
  }
  if (move.kind === "reduce") {
    return [{ by, move: { ...move, offset: 2 ** 30 }, errors: ["DisputeGame_Range"] }];
  }
  return [{ by, move: { kind: "narrow", game: game.id, expected: game.pinned, index: 2 ** 30 }, errors: range }];
}

/** Accusations of right numbers, with right and with spoilt evidence. */
function forged(sight: Sight, random: Random): Attempt[] {
  const { dispute, game, trace, machine, published } = sight;
  const by = "challenger";
  const { padding, open, openBlock } = nonsense(sight, random);
  const attempts: Attempt[] = [{ by, move: padding, errors: [...REFUSED, "DisputeGame_Place"] }];
  if (game.stage === "open") {
    attempts.push({ by, move: open, errors: REFUSED }, { by, move: openBlock, errors: REFUSED });
  }
  if (game.stage === "block") {
    const found = anyElement(sight, random);
    const { call, position, element, leaf, path, offset } = found;
    const { extent } = machine.steps(call, position);
    if (extent > 100) return attempts;
    const accusation = { call, position, element, part: "value" as const, from: 0, to: 0, before: new Uint8Array(0) };
    const witness = machine.witness(trace, accusation);
    const proof = {
      claim: dispute.claim,
      leaf,
      path,
      offset,
      part: "value" as const,
      from: 0,
      publications: [],
      witness,
    };
    const prove = (change: object): Move => ({
      ...{ kind: "prove", game: game.id, expected: game.pinned },
      proof: { ...proof, ...change },
    });
    const at = random(witness.length);
    const mutated = witness.map((byte, i) => (i === at ? byte ^ (1 << random(8)) : byte));
    const wrongLeaf = leaf.map((byte, i) => (i === random(128) ? byte ^ 1 : byte));
    attempts.push(
      { by, move: prove({}), errors: ["DisputeGame_Right"] },
      { by, move: prove({ witness: mutated }), errors: ["StepEvaluator_"] },
      { by, move: prove({ witness: witness.slice(0, at) }), errors: ["StepEvaluator_", ""] },
      { by, move: prove({ witness: new Uint8Array([...witness, 0]) }), errors: ["StepEvaluator_Length"] },
      {
        by,
        move: prove({ leaf: equalBytes(wrongLeaf, leaf) ? leaf.map((byte) => byte ^ 255) : wrongLeaf }),
        errors: ["DisputeGame_Hash"],
      },
    );
  }
  if (game.stage === "narrow") {
    const { call, node: position, block } = game.position;
    const segment = unpackSegment(game.pinned);
    const given = published.snapshots(segmentKey(segment, placeOf(game.position)));
    if (!given || segment.to - segment.from !== machine.steps(call, position).extent) return attempts;
    const element = elementOf(machine.description(call, position), block, segment.offset);
    const before = given.slice(given.length - machine.steps(call, position).snapshotBytes);
    const witness = machine.witness(trace, { call, position, element, part: "final", from: 0, to: 0, before });
    const proof = {
      ...{ claim: dispute.claim, leaf: new Uint8Array(0), path: [], offset: 0, part: "final" as const, from: 0 },
      ...{ publications: [given], witness },
    };
    const prove = (change: object): Move => ({
      ...{ kind: "prove", game: game.id, expected: game.pinned },
      proof: { ...proof, ...change },
    });
    const other = given.map((byte, i) => (i === given.length - 1 ? byte ^ 1 : byte));
    attempts.push(
      { by, move: prove({}), errors: ["DisputeGame_Right"] },
      { by, move: prove({ publications: [other] }), errors: ["Reduction_Publication"] },
    );
  }
  return attempts;
}

const byStrangers = (sight: Sight, random: Random): Attempt[] => {
  const move = pointAnywhere(sight, random);
  const { publish } = nonsense(sight, random);
  const by = "stranger";
  const errors = ["DisputeGame_Sender"];
  const picks: Attempt[] = move ? [{ by, move, errors }] : [];
  return sight.game.stage === "publish" ? [...picks, { by, move: publish, errors }] : picks;
};

export const outOfTurn = (sight: Sight, random: Random): Attempt[] => {
  const { pick, narrow, reduce, open, openBlock } = nonsense(sight, random);
  const provider = sideToMove(sight.game.stage) === "provider";
  const moves: Move[] = provider ? [pick, narrow] : [open, openBlock];
  if (provider && sight.game.stage !== "open") moves.push(reduce);
  return moves.map((move) => ({ by: "challenger", move, errors: ["DisputeGame_Stage"] }));
};

export const GRIEFERS: readonly Griefer[] = [
  { name: "sleeper", summary: "challenges, and does nothing more", points: false },
  {
    name: "demander",
    summary: "demands data that everybody has, and data that nobody has",
    points: true,
    demands: 8,
  },
  { name: "random-pointer", summary: "points anywhere, on and on", points: true },
  { name: "staller", summary: "points anywhere, each time in its last second", points: true, late: true },
  { name: "out-of-range", summary: "points beyond the ends of lists", points: true, attempts: outOfRange },
  {
    name: "forger",
    summary: "accuses right numbers, with right and with spoilt evidence",
    points: true,
    attempts: forged,
  },
  {
    name: "replayer",
    summary: "sends again whatever was sent",
    points: true,
    attempts: ({ made }) =>
      made.map((move) => ({
        by: "challenger",
        move,
        errors: ["DisputeGame_Stage", "DisputeGame_Expected", "DisputeGame_TraceOpen", "DisputeGame_Sender"],
      })),
  },
  {
    name: "hasty",
    summary: "ends the game before the other side's time is over",
    points: true,
    attempts: ({ game }) => [
      { by: "challenger", move: { kind: "timeout", game: game.id }, errors: ["DisputeGame_Early"] },
      { by: "challenger", move: { kind: "reclaim", game: game.id }, errors: ["DisputeGame_Standing"] },
    ],
  },
  { name: "strangers", summary: "has strangers move for it and for the provider", points: true, attempts: byStrangers },
  { name: "out-of-turn", summary: "moves when it is not its turn", points: true, attempts: outOfTurn },
];

/** When a griefer that moves late may move; undefined if now. */
export function waitsUntil({ late }: Griefer, { clock }: Game, now: number): number | undefined {
  const until = deadlineOf(clock, "challenger") - 2;
  return late && now <= until ? until : undefined;
}
