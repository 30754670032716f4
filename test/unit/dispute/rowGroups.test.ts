/**
 * Disputes in row groups on the real step evaluator: the trace holds their rows in the order of evaluation, and every place
 * that can be wrong convicts, whatever else is. One group is of tensors of unlike types and widths; others, absurd ones among them,
 * are in random programs. ROW_GROUP_PROGRAMS sets the number of those (default 60), ROW_GROUP_SEED the first one's seed.
 *
 * @weight 20
 */
import { expect } from "chai";
import { network } from "hardhat";
import { argumentsOf, nextProviderMove, type Move } from "../../../packages/dispute/src/index.ts";
import { UNLIKE, unlikeTensors } from "../../../packages/dispute/src/testing/recurrences.ts";
import { lieInGroup } from "../../../packages/dispute/src/testing/stalling.ts";
import { noise } from "../../../packages/dispute/src/testing/toy.ts";
import { firstWrong } from "../../../packages/vm/src/firstWrong.ts";
import { run } from "../../../packages/vm/src/interpreter.ts";
import { cellOf, elementsDepth, leafOfElement } from "../../../packages/vm/src/rowGroup.ts";
import { Random } from "../../../packages/vm/src/testing/random.ts";
import { randomProgram } from "../../../packages/vm/src/testing/randomProgram.ts";
import { Trace, type TracePart } from "../../../packages/vm/src/trace.ts";
import {
  challenge,
  play,
  postRun,
  providerMind,
  readGame,
  send,
  setTable,
  type Table,
} from "../../helpers/dispute-table.ts";

const chain = await network.create();
const { program, request } = unlikeTensors();
const honest = run(program, request);
const trace = new Trace(honest);
const group = trace.description(0, 2);
const CELLS: TracePart = { part: "group", call: 0, position: 2 };

/** Plays one game against a liar; the kinds of its moves. */
async function movesAgainst(table: Table, claimId: bigint, lie: (honest: Trace) => Trace): Promise<string[]> {
  const before = table.made.length;
  const played = await postRun(table, honest, lie, { claimId });
  await play(table, played, await challenge(table, played));
  expect(await table.holder.rewarded(claimId)).to.equal(table.challenger.address);
  return table.made.slice(before).map(({ kind }) => kind);
}

const PROGRAMS = Number(process.env.ROW_GROUP_PROGRAMS ?? 60);
const SEED = Number(process.env.ROW_GROUP_SEED ?? 1);

describe("Disputes in row groups of random programs", function () {
  this.timeout(3_600_000);

  it(`convicts ${PROGRAMS} liars, each in one game, whatever their groups`, async () => {
    const table = await setTable(chain, "StepEvaluator", { snapshotsLog2: 2 });
    let told = 0;
    for (let seed = SEED; told < PROGRAMS; seed++) {
      const example = randomProgram(seed);
      const right = run(example.program, example.request);
      const random = new Random(seed);
      const lie = lieInGroup(example, new Trace(right), random);
      if (!lie || !firstWrong(new Trace(right), lie.shown)) continue;
      const claimId = BigInt(++told);
      const played = await postRun(table, right, () => lie.shown, { claimId });
      const machine = lie.machine(played.dispute.claim);
      const liar = { ...played, provider: { ...played.provider, machine } };
      await play(table, liar, await challenge(table, liar), { mostSteps: 0 });
      expect(await table.holder.rewarded(claimId), `seed ${seed}`).to.equal(table.challenger.address);
      expect(["prove", "enter", "provePadding"], `seed ${seed}`).to.include(table.made.at(-1)?.kind);
    }
  });
});

describe("Empty places of random programs", function () {
  this.timeout(3_600_000);

  it(`convicts ${PROGRAMS} who put something there, by entering it`, async () => {
    const table = await setTable(chain, "StepEvaluator");
    const kinds = { place: 0, cell: 0 };
    let told = 0;
    for (let seed = SEED; told < PROGRAMS; seed++) {
      const example = randomProgram(seed);
      const right = run(example.program, example.request);
      const place = new Random(seed).pick([undefined, ...emptyPlaces(new Trace(right))]);
      if (!place) continue;
      const claimId = BigInt(++told);
      const lie = (shown: Trace): Trace => shown.withNode(place.part, 0, place.index, noise(seed));
      const played = await postRun(table, right, lie, { claimId });
      await play(table, played, await challenge(table, played));
      expect(await table.holder.rewarded(claimId), `seed ${seed}`).to.equal(table.challenger.address);
      expect(table.made.at(-1)?.kind, `seed ${seed}`).to.equal("enter");
      kinds[place.part.part === "group" ? "cell" : "place"]++;
    }
    expect(kinds.place).to.be.greaterThan(0);
    expect(kinds.cell, "cells that no node fills").to.be.greaterThan(0);
  });
});

/** Places that records leave empty: of row groups' nodes but the last, orphans' among them; and cells that no node fills. */
function emptyPlaces({ layout }: Trace): { readonly part: TracePart; readonly index: number }[] {
  const places: { readonly part: TracePart; readonly index: number }[] = [];
  for (let call = 0; call < layout.calls; call++) {
    for (let position = layout.firstNode(call); position < layout.positions(call); position++) {
      const group = layout.groupOf(call, position);
      if (!group) continue;
      if (group.last !== position) places.push({ part: { part: "call", call }, index: position });
      else {
        const { description } = group;
        for (let node = description.groupStart; description.rows > 0 && node < description.groupEnd; node++) {
          if (layout.isMember(call, description, node)) continue;
          const index = cellOf(description, node, description.rows - 1);
          places.push({ part: { part: "group", call, position }, index });
        }
      }
    }
  }
  return places;
}

describe("Disputes in a row group", function () {
  this.timeout(120_000);

  UNLIKE.widths.forEach((width, position) => {
    it(`proves one wrong number of row groups anywhere in tensor ${position}, believed or not`, async () => {
      const table = await setTable(chain, "StepEvaluator");
      let claimId = 0n;
      for (const row of [0, 2, UNLIKE.rows - 1]) {
        for (const column of [0, width >> 1, width - 1]) {
          const element = row * width + column;
          const { leaf } = leafOfElement(trace.description(0, position), element);
          const alone = (shown: Trace): Trace => {
            const bytes = shown.leaf(0, position, leaf);
            bytes[0] ^= 1;
            return shown.withLeaf(0, position, leaf, bytes);
          };
          const believed = (): Trace =>
            new Trace(
              run(program, request, undefined, (_call, at, of, word) =>
                at === position && of === element ? (Number(word) === 0 ? 1 : 0) : word,
              ),
            );
          for (const lie of [alone, believed]) {
            if (lie(trace).root.join() === trace.root.join()) continue;
            const moves = await movesAgainst(table, ++claimId, lie);
            expect(moves.at(-1), `row ${row}, column ${column}, ${lie.name}`).to.equal("prove");
            expect(moves.filter((kind) => kind === "enter")).to.have.length(2);
          }
        }
      }
      expect(claimId).to.be.greaterThan(8n);
    });
  });

  it("proves dirty padding: in a leaf of a row, between its blocks, of cells beside and below the others", async () => {
    const table = await setTable(chain, "StepEvaluator");
    const width = 2 ** elementsDepth(trace.description(0, 0));
    const inLeaf = (shown: Trace): Trace => {
      const leaf = shown.leaf(0, 1, 3);
      leaf[2] = 1;
      return shown.withLeaf(0, 1, 3, leaf);
    };
    expect((await movesAgainst(table, 1n, inLeaf)).at(-1)).to.equal("prove");
    const beyond: readonly [TracePart, number, number][] = [
      // The last block of row 1 of the widest tensor; the cell of no node in row 1; a row after the last.
      [{ part: "tensor", call: 0, position: 0 }, 3, (2 * width) / 8 - 1],
      [CELLS, 0, cellOf(group, 3, 1)],
      [CELLS, 0, cellOf(group, 0, UNLIKE.rows)],
    ];
    for (const [i, [part, level, index]] of beyond.entries()) {
      const moves = await movesAgainst(table, BigInt(i + 2), (shown) => shown.withNode(part, level, index, noise(i)));
      expect(moves.at(-1), JSON.stringify(part)).to.equal("provePadding");
    }
  });

  it("convicts who puts something in the place of a node that is not the group's last", async () => {
    const table = await setTable(chain, "StepEvaluator");
    for (const position of [0, 1]) {
      const lie = (shown: Trace): Trace => shown.withNode({ part: "call", call: 0 }, 0, position, noise(position));
      expect((await movesAgainst(table, BigInt(position + 1), lie)).at(-1)).to.equal("enter");
    }
  });

  it("convicts who describes the group otherwise: it cannot open what it committed to", async () => {
    const table = await setTable(chain, "StepEvaluator");
    const lie = (shown: Trace): Trace => shown.withDescription(0, 2, { ...group, rows: 4 });
    const played = await postRun(table, honest, lie);
    const usual = providerMind(played);
    await play(table, played, await challenge(table, played), {
      provider: (...seen) => (seen[1].position.list === "group" ? undefined : usual(...seen)),
    });
    expect(table.made.at(-1)?.kind).to.equal("timeout");
    expect(await table.holder.rewarded(1n)).to.equal(table.challenger.address);
  });

  it("refuses to convict an honest provider by its empty places, its cells or a commitment", async () => {
    const table = await setTable(chain, "StepEvaluator");
    const played = await postRun(table, honest, (same) => same);
    const { dispute, provider } = played;
    const { game, challenger, operator } = table;
    const id = await challenge(table, played);
    const refused = async (move: Move, error: string): Promise<void> => {
      const sent = game.connect(challenger).getFunction(move.kind)(...argumentsOf(move));
      await expect(sent).to.be.revertedWithCustomError(game, error);
    };
    const answer = async (): Promise<void> => {
      const state = await readGame(table, id);
      const move = nextProviderMove(dispute, state, provider.trace, provider.machine, state.clock.since) as Move;
      await send(table, operator, move);
    };
    await answer();
    const enter = (part: TracePart, index: number, position: number, expected: Uint8Array): Move => ({
      ...{ kind: "enter", game: id, expected, index: BigInt(index), claim: dispute.claim },
      child: trace.tree(part).node(0, index),
      path: trace.proof(part, index),
      witness: provider.machine.shapeWitness(0, position),
    });
    const list: TracePart = { part: "call", call: 0 };
    await refused(enter(list, 0, 0, trace.root), "DisputeGame_Right");
    await refused(enter(list, 1, 1, trace.root), "DisputeGame_Right");
    const entry = enter(list, 2, 2, trace.root);
    await send(table, challenger, entry);
    await answer();
    const { pinned } = await readGame(table, id);
    await refused(enter(CELLS, cellOf(group, 3, 0), 2, pinned), "DisputeGame_Place");
    await refused(enter(CELLS, cellOf(group, 0, UNLIKE.rows), 0, pinned), "DisputeGame_Place");
    const { child, path } = enter(CELLS, 0, 0, pinned) as Extract<Move, { kind: "enter" }>;
    await refused({ kind: "pick", game: id, expected: pinned, child, index: 0n, path }, "DisputeGame_Stage");
    const padding = cellOf(group, 3, 0);
    const beside = { child: trace.tree(CELLS).node(0, padding), path: trace.proof(CELLS, padding) };
    const claimed = { ...{ game: id, expected: pinned, claim: dispute.claim, header: dispute.header } };
    await refused({ kind: "provePadding", ...claimed, ...beside, index: BigInt(padding) }, "DisputeGame_Right");
    await refused({ kind: "provePadding", ...claimed, child, path, index: 0n }, "DisputeGame_Place");
  });
});
