/**
 * Liars inside row groups, on the real contracts: a lie that the rest of the group believes, and a game that finds it;
 * also where the liar stalls until no other game can begin.
 * @weight 60
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { network } from "hardhat";
import { importOnnx } from "../../packages/graph/src/index.ts";
import { run } from "../../packages/vm/src/interpreter.ts";
import type { Program } from "../../packages/vm/src/program.ts";
import type { Request } from "../../packages/vm/src/request.ts";
import { DType } from "../../packages/vm/src/dtype.ts";
import { makeTensor } from "../../packages/vm/src/tensor.ts";
import { recurrence } from "../../packages/vm/src/testing/tinyPrograms.ts";
import { liarNamed } from "../../packages/dispute/src/testing/liars.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { challenge, isConvicted, play, postRun, setTable, type Case, type Table } from "../helpers/dispute-table.ts";
import { makeVillainWorld, shortQuestion, type VillainWorld } from "../helpers/villainWorld.ts";

const chain = await network.create();

interface Place {
  readonly position: number;
  readonly element: number;
}

/** A claim to a run with one number of call 0 made another, and all after it computed from that. */
async function postBelieved(
  table: Table,
  { program, request }: { program: Program; request: Request },
  { position, element }: Place,
  claimId: bigint,
): Promise<Case> {
  const shown = new Trace(
    run(program, request, undefined, (call, at, e, word) =>
      call === 0 && at === position && e === element ? Number(word) ^ 0x400000 : word,
    ),
  );
  return postRun(table, run(program, request), () => shown, { claimId });
}

/** One game convicts, by a wrong number, and what it held is paid back. */
async function expectConvicted(table: Table, played: Case): Promise<void> {
  const { claimId } = played.dispute;
  const id = await challenge(table, played);
  await play(table, played, id);
  expect(await table.holder.rewarded(claimId)).to.equal(table.challenger.address);
  const [{ args }] = await table.game.queryFilter(table.game.filters.Convicted(claimId));
  expect(args.ending, "a number is proven wrong").to.equal(0n);
  expect((await table.game.viewGame(id)).bond).to.equal(0n);
}

function sequence(): { program: Program; request: Request } {
  const imported = importOnnx(readFileSync("models/sequence/sequence.onnx"), { file: "sequence.onnx" });
  const tokens = BigInt64Array.of(3n, 7n, 1n, 12n, 5n, 9n);
  const input = makeTensor(DType.INT64, [1, tokens.length], new Uint8Array(tokens.buffer));
  return { program: imported.program, request: { inputs: [input], symbols: [tokens.length], seed: 0n, calls: 4 } };
}

describe("a lie inside a row group", function () {
  this.timeout(120_000);

  it("is convicted by a game that follows the first difference", async () => {
    const table = await setTable(chain, "StepEvaluator");
    const played = await postBelieved(table, sequence(), { position: 4, element: 40 }, 1n);
    await play(table, played, await challenge(table, played));
    expect(await isConvicted(table, 1n)).to.equal(true);
  });

  it("is convicted in a small recurrence, wherever it stands", async () => {
    const table = await setTable(chain, "StepEvaluator");
    let claimId = 0n;
    for (const position of [0, 1]) {
      for (const row of [0, 1, 4, 5]) {
        const played = await postBelieved(table, recurrence(), { position, element: row * 5 + 2 }, ++claimId);
        await expectConvicted(table, played);
      }
    }
  });

  for (const [position, name] of [
    [2, "gates"],
    [3, "candidate"],
    [4, "state"],
  ] as const) {
    it(`is convicted in the ${name} of the sequence model's prompt`, async () => {
      const table = await setTable(chain, "StepEvaluator");
      const model = sequence();
      const { rows, count } = new Trace(run(model.program, model.request)).description(0, position);
      let claimId = 0n;
      for (const row of [0, 2, rows - 1]) {
        const element = row * (count / rows) + 7;
        const played = await postBelieved(table, model, { position, element }, ++claimId);
        await expectConvicted(table, played);
      }
    });
  }
});

describe("stalling in a row group until the window is closed", function () {
  this.timeout(300_000);
  let world: VillainWorld;
  before(async () => {
    world = await makeVillainWorld("sequence");
  });
  after(() => world.close());

  it("wins a liar nothing: the game that was begun in time convicts, before the claim's latest end", async () => {
    const { contracts, engine, undone, ask, convict, parameters } = world;
    const { game } = contracts;
    const { request } = shortQuestion(world);
    const honest = engine.run(request);
    for (const seed of [0, 1, 4]) {
      await undone(async () => {
        const asked = await ask(request);
        const moves = (await convict(liarNamed("stalling-in-row-group"), seed, asked, honest))!;
        const begun = await game.queryFilter(game.filters.Challenged(asked.claimId));
        const opened = await game.queryFilter(game.filters.TraceOpened(asked.claimId));
        expect(begun).to.have.length(1);
        const waited = (await opened[0].getBlock()).timestamp - (await begun[0].getBlock()).timestamp;
        expect(waited, "no game can begin once the trace is open").to.be.greaterThan(
          parameters.market.window.defaultSeconds,
        );
        expect(moves.at(-1)!.kind, `seed ${seed}`).to.equal("prove");
      });
    }
  });
});
