/**
 * How fine a reduction is cut: as fine as its challenger wants, down to single steps and no finer; and on the real evaluator,
 * single steps where several would not fit into a transaction.
 *
 * @weight 15
 */
import { expect } from "chai";
import { network } from "hardhat";
import {
  argumentsOf,
  nextProviderMove,
  programMachine,
  proofBytes,
  Published,
  sideToMove,
  type Game,
  type Machine,
  type Move,
  type MoveOf,
} from "../../../packages/dispute/src/index.ts";
import { MOST_PROOF_BYTES, MOST_STEPS } from "../../../packages/dispute/src/challenger.ts";
import { pointAnywhere } from "../../../packages/dispute/src/testing/griefers.ts";
import { farLoads, sumOfOne } from "../../../packages/dispute/src/testing/reductions.ts";
import { toyTrace, type ToySizes } from "../../../packages/dispute/src/testing/toy.ts";
import { run } from "../../../packages/vm/src/interpreter.ts";
import { Layout } from "../../../packages/vm/src/layout.ts";
import { MAX_COUNT } from "../../../packages/vm/src/record.ts";
import { floats } from "../../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../../packages/vm/src/trace.ts";
import {
  challenge,
  challengerMind,
  play,
  postRun,
  postToy,
  postTrace,
  readGame,
  send,
  setTable,
  type Case,
  type Table,
} from "../../helpers/dispute-table.ts";
import { UniformTrace, zeros } from "../../helpers/uniformTrace.ts";

const chain = await network.create();

/** A map and a reduction, each of one block. */
const SIZES: ToySizes = { prompt: 2, decode: 0, epilogue: 0, calls: 1, count: 256, extent: 1, outputs: [1] };

async function refused({ game, challenger }: Table, move: Move, length: bigint): Promise<void> {
  const sent = game.connect(challenger).getFunction(move.kind)(...argumentsOf(move));
  await expect(sent).to.be.revertedWithCustomError(game, "DisputeGame_Short").withArgs(length);
}

/** Points at the first or the last of all there is, and lets the provider answer, until there is no move left. */
async function pointOn(table: Table, played: Case, which: "first" | "last"): Promise<{ game: Game; made: Move[] }> {
  const { dispute, provider } = played;
  const id = await challenge(table, played);
  const published = new Published();
  const made: Move[] = [];
  for (;;) {
    const game = await readGame(table, id);
    const { trace, machine } = provider;
    const move =
      sideToMove(game.stage) === "provider"
        ? nextProviderMove(dispute, game, trace, machine, game.clock.since)
        : pointAnywhere({ dispute, game, trace, machine, published, made }, (below) =>
            which === "first" ? 0 : below - 1,
          );
    if (!move || move.kind === "wait") return { game, made };
    await send(table, sideToMove(game.stage) === "provider" ? table.operator : table.challenger, move);
    published.learn(move, game, dispute);
    made.push(move);
  }
}

/** Who says of each accumulator after `step` that it is another. */
const wrongAfter =
  (step: number) =>
  (own: Machine): Machine => ({
    ...own,
    snapshots: (call, position, element, steps) => {
      const all = own.snapshots(call, position, element, steps);
      const width = own.steps(call, position).snapshotBytes;
      steps.forEach((at, i) => (all[i * width] ^= at > step ? 1 : 0));
      return all;
    },
  });

/** A trace with one bit of a number inverted that stands first in its tensor. */
const wrongFirst =
  (call: number, position: number) =>
  (honest: Trace): Trace => {
    const leaf = honest.leaf(call, position, 0);
    leaf[0] ^= 1;
    return honest.withLeaf(call, position, 0, leaf);
  };

/** Plays to the conviction; kinds of the moves, and the proof. */
async function convict(table: Table, played: Case, mostSteps?: number) {
  let proof: MoveOf<"prove">["proof"] | undefined;
  const published = new Published();
  const before = table.made.length;
  await play(table, played, await challenge(table, played), {
    published,
    challenger: (...seen) => {
      const move = challengerMind(played, published, mostSteps)(...seen);
      if (move?.kind === "prove") ({ proof } = move);
      return move;
    },
  });
  expect(await table.holder.rewarded(played.dispute.claimId)).to.equal(table.challenger.address);
  return { kinds: table.made.slice(before).map(({ kind }) => kind), proof: proof! };
}

describe("How fine a reduction is cut", function () {
  this.timeout(120_000);

  for (const snapshotsLog2 of [1, 5, 6, 8]) {
    it(`to single steps of 2^36, in the publications that bonds are made for, ${2 ** snapshotsLog2} pieces each`, async () => {
      const table = await setTable(chain, "ToyStepEvaluator", { snapshotsLog2 });
      // Nobody computes so long a sum: accumulators are published that are no sum's.
      const machine = (own: Machine): Machine => ({
        ...own,
        snapshots: (_call, _position, _element, steps) => new Uint8Array(4 * steps.length),
      });
      const played = await postToy(table, { ...SIZES, extent: MAX_COUNT }, () => toyTrace(SIZES), { machine });
      const { game, made } = await pointOn(table, played, "last");
      expect(game.stage).to.equal("narrow");
      expect(made.filter(({ kind }) => kind === "publish")).to.have.length(Math.ceil(36 / snapshotsLog2));
      const { id, pinned: expected } = game;
      await refused(table, { kind: "narrow", game: id, expected, index: 0 }, 1n);
      // All answers were paid for, and the fees are left.
      const { bond, fees } = await table.game.viewGame(id);
      expect(bond).to.be.greaterThan(fees);
    });
  }

  it("not at all, where an element has no steps", async () => {
    const table = await setTable(chain);
    const played = await postToy(table, SIZES);
    const { game } = await pointOn(table, played, "first");
    expect(game.stage).to.equal("block");
    const { trace } = played.provider;
    const leaf = trace.leaf(0, 0, 0);
    const path = trace.proof({ part: "tensor", call: 0, position: 0 }, 0);
    await refused(table, { kind: "reduce", game: game.id, expected: game.pinned, leaf, path, offset: 0 }, 0n);
  });

  it("a reduction of one step: its init and step are proven apart from its final", async () => {
    const { program, request } = sumOfOne();
    const honest = run(program, request);
    const toys = await setTable(chain);
    const programs = await setTable(chain, "StepEvaluator");
    for (const [claimId, step] of [0, 1].entries()) {
      const lie = { claimId: BigInt(claimId), machine: wrongAfter(step) };
      const toy = await convict(toys, await postToy(toys, SIZES, wrongFirst(0, 1), lie), 0);
      const real = await convict(programs, await postRun(programs, honest, wrongFirst(0, 0), lie), 0);
      for (const { kinds, proof } of [toy, real]) {
        expect(kinds.slice(-3)).to.deep.equal(["reduce", "publish", "prove"]);
        expect(kinds).to.not.include("narrow");
        expect(proof.part).to.equal(step === 0 ? "steps" : "final");
      }
    }
  });
});

describe("Steps too large to prove several at once", function () {
  this.timeout(120_000);

  /** The dispute of a wrong count of steps in a late call, wrong from its third last step on. */
  async function dispute(extent: number, mostSteps?: number) {
    const { program, request } = farLoads(extent);
    const count = floats([], [extent]);
    const honest = new UniformTrace(new Layout(program, request), (node, size) => (node === 1 ? count : zeros(size)));
    const table = await setTable(chain, "StepEvaluator");
    const call = request.calls - 2;
    const lie = wrongFirst(call, 2);
    const played = await postTrace(table, honest, lie, { machine: wrongAfter(extent - 3) });
    return { played, ...(await convict(table, played, mostSteps)) };
  }

  it("a whole reduction that is short is cut all the same", async () => {
    const { kinds, proof, played } = await dispute(MOST_STEPS);
    expect(kinds.slice(-3)).to.deep.equal(["reduce", "publish", "prove"]);
    expect(proof).to.include({ part: "steps", from: MOST_STEPS - 3 });
    // What it would have sent else.
    const { trace } = played.challenger;
    const place = { call: trace.layout.calls - 2, position: 2, element: 0 };
    const machine = programMachine(played.dispute.claim, trace);
    const witness = machine.witness(trace, { ...place, part: "value", from: 0, to: 0, before: new Uint8Array(0) });
    expect(proofBytes({ ...proof, witness })).to.be.greaterThan(MOST_PROOF_BYTES);
  });

  it("so is a piece", async () => {
    const steps = 12;
    const { kinds, proof } = await dispute(64 * steps, steps);
    expect(kinds.slice(-5)).to.deep.equal(["reduce", "publish", "narrow", "publish", "prove"]);
    expect(proof).to.include({ part: "steps", from: 64 * steps - 3 });
  });
});
