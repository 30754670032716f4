/**
 * A table of paper: the games on one claim, kept in memory, for tests of players alone. It checks turns, clocks, that
 * descents and answers hash to what they answer, and computes what is proven; money is the contract's.
 */
import { equalBytes } from "@assay/vm/bytes";
import type { Claim } from "@assay/vm/claim";
import type { DType } from "@assay/vm/dtype";
import { keccak, type Hash } from "@assay/vm/hash";
import { encodeHeader } from "@assay/vm/header";
import { cellsDepth, NO_CELLS, placeOfCell } from "@assay/vm/rowGroup";
import type { Part } from "@assay/vm/stepEvaluator";
import { commitment, elementsPerLeaf, joinedRoot } from "@assay/vm/tensor";
import { leftAligned } from "@assay/vm/testing/steps";
import type { Trace } from "@assay/vm/trace";
import { depthOf, fold, rootFromProof } from "@assay/vm/tree";
import { evaluateWitness } from "@assay/vm/witness";
import { deadlineOf, punch, startClock } from "../clock.ts";
import { packGameId } from "../gameId.ts";
import { BLOCK_LOG2, elementOf, outputPlaces } from "../layout.ts";
import { PARTS, type Machine } from "../machine.ts";
import type { Move, MoveKind, MoveOf, Proof } from "../move.ts";
import { hidesRoot, placeOf, topPosition, type Position } from "../position.ts";
import { programMachine } from "../programMachine.ts";
import { leavesIn, Published } from "../published.ts";
import { packSegment, pieceOf, segmentKey, spacingOf, unpackSegment, type Segment } from "../reduction.ts";
import { sideToMove, type Stage } from "../stage.ts";
import type { Dispute, Game, Rules } from "../state.ts";

export const CLAIM_ID = 1n;

/** Seconds: what each side has in a game, what a move leaves it at least, and in which games may begin. */
export interface Terms {
  readonly provider: number;
  readonly challenger: number;
  readonly extension: number;
  readonly window: number;
}

/** A move that the contract would refuse. */
export class RefusedError extends Error {}

export class SimulatedTable {
  readonly dispute: Dispute;
  readonly machine: Machine;
  readonly published = new Published();
  readonly moves: MoveKind[] = [];
  readonly games: Game[] = [];
  convicted = false;
  now = 0;
  readonly #honest: Trace;
  readonly #terms: Terms;
  #root: Hash | undefined;

  /** @param shown The trace whose outputs are claimed. */
  constructor(claim: Claim, honest: Trace, shown: Trace, rules: Rules, terms: Terms) {
    const header = encodeHeader(honest.layout.program.header);
    const outputs = outputPlaces(header, claim.calls).map(({ call, position }) => shown.commitment(call, position));
    const claimed = { ...claim, outputsRoot: joinedRoot(outputs) };
    this.dispute = { claimId: CLAIM_ID, claim: claimed, header, rules, convicted: false };
    this.machine = programMachine(claimed, honest);
    this.#honest = honest;
    this.#terms = terms;
  }

  /** Makes a move now. Throws a `RefusedError` where the contract would refuse it. */
  make(move: Move): void {
    this.moves.push(move.kind);
    if (move.kind === "challenge") return this.#challenge();
    if (!("game" in move)) throw new RefusedError(`no such move on paper: ${move.kind}`);
    const i = this.games.findIndex(({ id }) => id === move.game);
    const before = this.games[i];
    if (move.kind === "timeout") return this.#timeout(i);
    if ("expected" in move) same(move.expected, before.pinned);
    const side = sideToMove(before.stage)!;
    const late = this.now > deadlineOf(before.clock, side);
    // Proofs have no turn.
    if (late && move.kind !== "prove" && move.kind !== "provePadding") throw new RefusedError(`late: ${move.kind}`);
    const after = this.#after(move, before);
    this.published.learn(move, before, this.dispute);
    const moved = MADE_BY_CHALLENGER.has(move.kind) ? 1 : 0;
    const clock = punch(before.clock, side, this.#terms.extension, this.now);
    this.games[i] = { ...after, moves: after.moves + moved, clock };
  }

  #challenge(): void {
    if (this.now > this.#terms.window) throw new RefusedError("the window is closed");
    const id = packGameId(CLAIM_ID, this.games.length + 1);
    const start: Position = { list: "calls", height: 0, call: 0, node: 0, block: 0 };
    const { provider, challenger } = this.#terms;
    const game: Game = {
      ...{ id, stage: "trace", clock: startClock(provider, challenger, this.now), position: start },
      ...{ pinned: new Uint8Array(32), moves: 0, depth: 0 },
    };
    this.games.push(this.#root ? this.#atTop(game) : game);
  }

  #timeout(i: number): void {
    const { stage, clock } = this.games[i];
    const side = sideToMove(stage)!;
    if (this.now <= deadlineOf(clock, side)) throw new RefusedError("early");
    if (side === "provider") this.convicted = true;
    this.games[i] = { ...this.games[i], stage: "none" };
  }

  #atTop(game: Game): Game {
    const position = topPosition(this.dispute.claim.calls, this.dispute.header);
    return { ...game, stage: "pick", position, pinned: this.#root! };
  }

  #after(move: Move, game: Game): Game {
    const at = (...stages: Stage[]): void => {
      if (!stages.includes(game.stage)) throw new RefusedError(`${move.kind} in stage ${game.stage}`);
    };
    const { rules } = this.dispute;
    switch (move.kind) {
      case "openTrace":
        at("trace");
        this.#root = move.traceRoot;
        this.games.forEach((other, i) => (this.games[i] = other.stage === "trace" ? this.#opened(other) : other));
        return this.#atTop(game);
      case "pick":
      case "enter":
      case "provePadding": {
        if (move.kind !== "provePadding") at("pick");
        same(game.pinned, rootFromProof(move.child, Number(move.index), move.path));
        const position = this.#below(game.position, Number(move.index), move.path.length);
        if (move.kind === "provePadding") this.convicted = true;
        if (move.kind !== "enter") return { ...game, stage: "open", position, pinned: move.child };
        return this.#entered({ ...game, stage: "open", position, pinned: move.child });
      }
      case "open": {
        at("open");
        const root = fold(move.children);
        same(game.pinned, this.#hashOf(game, root));
        if (!hidesRoot(game.position)) return { ...game, stage: "pick" };
        const list = game.position.list === "group" ? "cells" : "blocks";
        return { ...game, stage: "pick", position: { ...game.position, list }, pinned: root };
      }
      case "openBlock":
        at("open");
        same(game.pinned, this.#hashOf(game, fold(leavesIn(move.leaves).map((leaf) => keccak(leaf)))));
        return { ...game, stage: "block" };
      case "reduce": {
        at("open", "block");
        const whole = this.#wholeOf(move, game);
        if (whole.to === 0) throw new RefusedError("no steps");
        return this.#cut(game, whole);
      }
      case "publish":
        at("publish");
        return { ...game, stage: "narrow" };
      case "narrow": {
        at("narrow");
        const piece = pieceOf(unpackSegment(game.pinned), move.index, 2 ** rules.snapshotsLog2);
        if (piece.to - piece.from === 1) throw new RefusedError("a single step");
        return this.#cut(game, piece);
      }
      case "prove":
        at("open", "block", "publish", "narrow");
        this.#prove(move, game);
        return game;
      default:
        throw new RefusedError(`no such move on paper: ${move.kind}`);
    }
  }

  #opened(game: Game): Game {
    return { ...this.#atTop(game), clock: punch(game.clock, "provider", this.#terms.extension, this.now) };
  }

  #cut(game: Game, segment: Segment): Game {
    const isPublished = this.published.snapshots(segmentKey(segment, placeOf(game.position))) !== undefined;
    return { ...game, stage: isPublished ? "narrow" : "publish", pinned: packSegment(segment) };
  }

  #wholeOf({ leaf, path, offset }: Pick<Proof, "leaf" | "path" | "offset">, game: Game): Segment {
    const { call, node } = game.position;
    const each = elementsPerLeaf(this.machine.description(call, node).dtype as DType);
    same(game.pinned, this.#hashOf(game, rootFromProof(keccak(leaf), Math.floor(offset / each), path)));
    const width = leaf.length / each;
    const start = (offset % each) * width;
    const stored =
      width < 1
        ? Uint8Array.of((leaf[Math.floor(start)] >> (4 * (offset % 2))) & 15)
        : leaf.slice(start, start + width);
    return { stored, offset, from: 0, to: this.machine.steps(call, node).extent };
  }

  #prove({ proof }: MoveOf<"prove">, game: Game): void {
    const { call, node, block } = game.position;
    const pinsElement = game.stage === "publish" || game.stage === "narrow";
    const { extent } = this.machine.steps(call, node);
    const whole = pinsElement ? { ...unpackSegment(game.pinned), from: 0, to: extent } : this.#wholeOf(proof, game);
    const { lo, hi, from, committed } = this.#accused(proof, whole, game);
    const element = elementOf(this.machine.description(call, node), block, whole.offset);
    const part = PARTS.indexOf(proof.part) as Part;
    const { claim } = this.dispute;
    const step = {
      claim,
      traceRoot: this.#root!,
      call,
      position: node,
      element,
      part,
      lo,
      hi,
      from: leftAligned(from),
    };
    this.convicted = !equalBytes(leftAligned(committed), evaluateWitness(step, proof.witness));
    if (!this.convicted) throw new RefusedError(`nothing contradicts at ${call}/${node}/${element}`);
  }

  /** The steps that a proof accuses, the accumulators before them, and what the provider committed to. */
  #accused(proof: Proof, whole: Segment, game: Game) {
    const { call, node } = game.position;
    const { snapshotBytes } = this.machine.steps(call, node);
    const most = 2 ** this.dispute.rules.snapshotsLog2;
    const place = placeOf(game.position);
    const read = (given: Uint8Array, index: number): Uint8Array =>
      given.slice(index * snapshotBytes, (index + 1) * snapshotBytes);
    if (proof.part === "value") return { lo: 0, hi: 0, from: NOTHING, committed: whole.stored };
    let [piece, before, after]: [Segment, Uint8Array, Uint8Array] = [whole, NOTHING, NOTHING];
    for (const given of proof.publications) {
      same(keccak(this.published.snapshots(segmentKey(piece, place))!), keccak(given));
      if (proof.part === "final") {
        return { lo: 0, hi: 0, from: read(given, given.length / snapshotBytes - 1), committed: whole.stored };
      }
      const index = Math.floor((proof.from - piece.from) / spacingOf(piece, most));
      if (index > 0) before = read(given, index - 1);
      if (index * snapshotBytes < given.length) after = read(given, index);
      piece = pieceOf(piece, index, most);
    }
    return { lo: piece.from, hi: piece.to, from: before, committed: after };
  }

  /** What hides a root: in a tensor just entered, its commitment. */
  #hashOf({ position }: Game, root: Hash): Hash {
    const { call, node } = position;
    return hidesRoot(position) ? commitment(this.#honest.description(call, node), root) : root;
  }

  /** A game that has entered a tensor's place or a cell; that convicts where the place is empty and should be, and is not. */
  #entered(game: Game): Game {
    const { position, pinned } = game;
    const { call } = position;
    const { layout } = this.#honest;
    if (position.list === "cells") {
      const group = layout.description(call, position.node);
      const { node, row } = placeOfCell(group, position.block);
      if (!layout.isMember(call, group, node)) return this.#empty(game, NO_CELLS);
      const entered = layout.firstNode(call) + node;
      const { depth } = this.#honest.tensorTree(call, entered);
      const height = Math.max(0, depth - BLOCK_LOG2);
      return { ...game, depth, position: { list: "blocks", height, call, node: entered, block: row }, pinned };
    }
    const { node } = position;
    const { depth } = this.#honest.tensorTree(call, node);
    const group = layout.groupOf(call, node);
    if (!group)
      return { ...game, depth, position: { ...position, list: "tensor", height: Math.max(0, depth - BLOCK_LOG2) } };
    if (group.last !== node) return this.#empty(game, commitment(group.description, NO_CELLS));
    return { ...game, depth, position: { ...position, list: "group", height: cellsDepth(group.description) } };
  }

  #empty(game: Game, right: Hash): Game {
    if (equalBytes(game.pinned, right)) throw new RefusedError("nothing contradicts an empty place");
    this.convicted = true;
    return game;
  }

  #below(position: Position, index: number, levels: number): Position {
    let { list, height, call, node, block } = position;
    if (list === "calls") {
      const over = Math.max(0, levels - height);
      call = call * 2 ** (levels - over) + Math.floor(index / 2 ** over);
      height -= levels - over;
      if (height === 0) {
        list = "nodes";
        height = depthOf(this.#honest.callTree(call).count);
      }
      [levels, index] = [over, index % 2 ** over];
    }
    if (list === "nodes") {
      node = node * 2 ** levels + index;
      height -= levels;
    } else if (list === "blocks" || list === "cells") {
      block = block * 2 ** levels + index;
      height -= levels;
    }
    return { list, height, call, node, block };
  }
}

const NOTHING = new Uint8Array(0);

/** The contract counts these. */
const MADE_BY_CHALLENGER: ReadonlySet<MoveKind> = new Set(["pick", "enter", "reduce", "narrow"]);

function same(expected: Hash, given: Hash): void {
  if (!equalBytes(expected, given)) throw new RefusedError("a move does not hash to what it answers");
}
