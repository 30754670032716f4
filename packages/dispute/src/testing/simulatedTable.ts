/**
 * A table of paper: the games on one claim, kept in memory, for tests of players alone. It checks that descents and
 * openings hash to what they answer and computes what is proven; turns, clocks and money are the contract's.
 */
import { equalBytes } from "@assay/vm/bytes";
import type { Claim } from "@assay/vm/claim";
import { keccak, type Hash } from "@assay/vm/hash";
import { encodeHeader } from "@assay/vm/header";
import { Part } from "@assay/vm/stepEvaluator";
import { commitment, elementsPerLeaf, joinedRoot } from "@assay/vm/tensor";
import { leftAligned, storedBytes } from "@assay/vm/testing/steps";
import type { Trace } from "@assay/vm/trace";
import { depthOf, fold, rootFromProof } from "@assay/vm/tree";
import { evaluateWitness } from "@assay/vm/witness";
import { nextCampaignMove } from "../campaign.ts";
import { packGameId } from "../gameId.ts";
import { BLOCK_LOG2, elementOf, outputPlaces } from "../layout.ts";
import type { Machine } from "../machine.ts";
import type { Move, MoveKind } from "../move.ts";
import { topPosition, type Position } from "../position.ts";
import { programMachine } from "../programMachine.ts";
import { nextProviderMove } from "../provider.ts";
import { leavesIn, Published } from "../published.ts";
import type { Stage } from "../stage.ts";
import type { Dispute, Game, Rules } from "../state.ts";

const RULES: Rules = { arityLog2: 2, snapshotsLog2: 5, shortSteps: 1 << 20 };
const CLOCK = { provider: 400, challenger: 100, since: 0 };
const CLAIM_ID = 1n;

/** What became of a claim. */
export interface Outcome {
  readonly convicted: boolean;
  /** Of both sides. */
  readonly moves: readonly MoveKind[];
  readonly games: number;
}

/** Plays a challenged claim, whose provider holds `shown`. Reductions are proven whole, silence convicts. */
export function simulate(claim: Claim, honest: Trace, shown: Trace, rules = RULES): Outcome {
  const table = new SimulatedTable(claim, honest, shown, rules);
  while (!table.convicted && table.move());
  return table;
}

class SimulatedTable implements Outcome {
  convicted = false;
  readonly moves: MoveKind[] = [];
  readonly #games: Game[] = [];
  readonly #dispute: Dispute;
  readonly #honest: Trace;
  readonly #shown: Trace;
  readonly #machine: Machine;
  readonly #published = new Published();
  #root: Hash | undefined;

  constructor(claim: Claim, honest: Trace, shown: Trace, rules: Rules) {
    const header = encodeHeader(honest.layout.program.header);
    const outputs = outputPlaces(header, claim.calls).map(({ call, position }) => shown.commitment(call, position));
    const claimed = { ...claim, outputsRoot: joinedRoot(outputs) };
    this.#dispute = { claimId: CLAIM_ID, claim: claimed, header, rules, convicted: false };
    this.#honest = honest;
    this.#shown = shown;
    this.#machine = programMachine(claimed, honest);
    this.#make({ kind: "challenge", claimId: CLAIM_ID, bond: 0n });
  }

  get games(): number {
    return this.#games.length;
  }

  /** One move of either side; false where neither has one. */
  move(): boolean {
    if (this.moves.length > 1000) throw new Error("the campaign does not end");
    const campaign = { dispute: this.#dispute, games: this.#games, bond: 0n };
    const move = nextCampaignMove(campaign, this.#honest, this.#machine, this.#published, 0);
    if (move.kind !== "wait") {
      this.#make(move);
      return true;
    }
    const answers = this.#games.map((game) => nextProviderMove(this.#dispute, game, this.#shown, this.#machine, 0));
    const answer = answers.find(({ kind }) => kind !== "wait");
    if (answer && answer.kind !== "wait") this.#make(answer);
    else this.convicted = answers.some((pause) => pause.kind === "wait" && pause.reason === "the trace has no answer");
    return answer !== undefined;
  }

  #make(move: Move): void {
    this.moves.push(move.kind);
    if (move.kind === "challenge") {
      const id = packGameId(CLAIM_ID, this.#games.length + 1);
      const start: Position = { list: "calls", height: 0, call: 0, node: 0, block: 0 };
      const game: Game = { id, stage: "trace", clock: CLOCK, position: start, pinned: new Uint8Array(32), depth: 0 };
      this.#games.push(this.#root ? this.#begun(game) : game);
      return;
    }
    if (!("game" in move)) throw new RangeError(`no such move on paper: ${move.kind}`);
    const i = this.#games.findIndex(({ id }) => id === move.game);
    const before = this.#games[i];
    if ("expected" in move) same(move.expected, before.pinned);
    this.#published.learn(move, before, this.#dispute);
    this.#games[i] = this.#after(move, before);
  }

  #begun(game: Game): Game {
    const position = topPosition(this.#dispute.claim.calls, this.#dispute.header);
    return { ...game, stage: "pick", position, pinned: this.#root! };
  }

  #after(move: Move, game: Game): Game {
    const stage = (stage: Stage): Game => ({ ...game, stage });
    switch (move.kind) {
      case "openTrace":
        this.#root = move.traceRoot;
        this.#games.forEach((other, i) => (this.#games[i] = this.#begun(other)));
        return this.#begun(game);
      case "pick":
      case "enter":
      case "provePadding": {
        same(game.pinned, rootFromProof(move.child, Number(move.index), move.path));
        const position = this.#below(game.position, Number(move.index), move.path.length);
        if (move.kind === "provePadding") this.convicted = true;
        if (move.kind !== "enter") return { ...game, stage: "open", position, pinned: move.child };
        const { depth } = this.#honest.tensorTree(position.call, position.node);
        const height = Math.max(0, depth - BLOCK_LOG2);
        return { ...game, stage: "open", position: { ...position, list: "tensor", height }, pinned: move.child, depth };
      }
      case "open": {
        const root = fold(move.children);
        same(game.pinned, this.#hashOf(game, root));
        if (game.position.list !== "tensor") return stage("pick");
        return { ...game, stage: "pick", position: { ...game.position, list: "blocks" }, pinned: root };
      }
      case "openBlock":
        same(game.pinned, this.#hashOf(game, fold(leavesIn(move.leaves).map((leaf) => keccak(leaf)))));
        return stage("block");
      case "prove": {
        const { call, node, block } = game.position;
        const { leaf, path, offset, witness } = move.proof;
        const dtype = this.#machine.dtype(call, node);
        const root = rootFromProof(keccak(leaf), Math.floor(offset / elementsPerLeaf(dtype)), path);
        same(game.pinned, this.#hashOf(game, root));
        const element = elementOf(dtype, block, offset);
        const place = { call, position: node, element };
        const range = { part: Part.VALUE, lo: 0, hi: 0, from: new Uint8Array(32) };
        const step = { claim: this.#dispute.claim, traceRoot: this.#root!, ...place, ...range };
        const computed = evaluateWitness(step, witness);
        this.convicted = !equalBytes(leftAligned(storedBytes(this.#shown, place)), computed);
        if (!this.convicted) throw new Error(`nothing contradicts at ${call}/${node}/${element}`);
        return game;
      }
      default:
        throw new RangeError(`no such move on paper: ${move.kind}`);
    }
  }

  /** What hides a root: in a tensor just entered, its commitment. */
  #hashOf({ position: { list, call, node } }: Game, root: Hash): Hash {
    return list === "tensor" ? commitment(this.#honest.description(call, node), root) : root;
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
    } else if (list === "blocks") {
      block = block * 2 ** levels + index;
      height -= levels;
    }
    return { list, height, call, node, block };
  }
}

function same(expected: Hash, given: Hash): void {
  if (!equalBytes(expected, given)) throw new Error("a move does not hash to what it answers");
}
