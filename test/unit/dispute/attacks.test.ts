/** Attacks on the dispute game, each by name (DESIGN §6), and several challengers on one claim. */
import { expect } from "chai";
import { network } from "hardhat";
import {
  argumentsOf,
  commitmentOf,
  blockOf,
  deadlineOf,
  packGameId,
  proveCommitted,
  Published,
  sideToMove,
  type Game,
  type Move,
  type MoveOf,
} from "../../../packages/dispute/src/index.ts";
import { demandAnything, pointAnywhere } from "../../../packages/dispute/src/testing/griefers.ts";
import { randomSource } from "../../../packages/dispute/src/testing/random.ts";
import { noise, type ToySizes } from "../../../packages/dispute/src/testing/toy.ts";
import { Disputes } from "../../../packages/sdk/src/index.ts";
import { fromHex, toHex } from "../../../packages/vm/src/hash.ts";
import type { Trace } from "../../../packages/vm/src/trace.ts";
import {
  challenge,
  challengerMind,
  DAY,
  isConvicted,
  PARAMETERS,
  play,
  postToy,
  providerMind,
  readGame,
  send,
  setTable,
  TERMS,
  type Case,
  type Signer,
  type Table,
} from "../../helpers/dispute-table.ts";

const chain = await network.create();
const { networkHelpers } = chain;

const SIZES: ToySizes = { prompt: 8, decode: 0, epilogue: 0, calls: 1, count: 3000, extent: 700, outputs: [7] };
const MAP = { call: 0, position: 4, element: 640 };

/** One wrong number in a map. */
const liar = (honest: Trace): Trace => {
  const leaf = honest.leaf(0, 4, 20);
  leaf[0] ^= 1;
  return honest.withLeaf(0, 4, 20, leaf);
};

interface Setting {
  readonly table: Table;
  readonly played: Case;
  readonly published: Published;
}

async function set(lie?: (honest: Trace) => Trace): Promise<Setting> {
  const table = await setTable(chain);
  return { table, played: await postToy(table, SIZES, lie), published: new Published() };
}

/** What the side to move would play, for its own side. */
async function nextMove({ table, played, published }: Setting, id: bigint): Promise<{ move: Move; game: Game }> {
  const game = await readGame(table, id);
  const now = await networkHelpers.time.latest();
  const minds = [providerMind(played), challengerMind(played, published)];
  const move = minds.map((mind) => mind(played.dispute, game, now)).find((found) => found !== undefined);
  if (!move) throw new Error(`no move in stage ${game.stage}`);
  return { move, game };
}

/** Plays until a move of one kind would be next; gives that move. */
async function playUntil<K extends Move["kind"]>(setting: Setting, id: bigint, kind: K): Promise<MoveOf<K>> {
  const { table, played, published } = setting;
  for (let turn = 0; turn < 40; turn++) {
    const { move, game } = await nextMove(setting, id);
    if (move.kind === kind) return move as MoveOf<K>;
    const byProvider = ["openTrace", "open", "openBlock", "publish"].includes(move.kind);
    await send(table, byProvider ? table.operator : table.challenger, move);
    published.learn(move, game, played.dispute);
  }
  throw new Error(`no ${kind}`);
}

/** Expects a move to revert, with one of the game's errors. */
async function expectRevert(table: Table, by: Signer, move: Move, error: string): Promise<void> {
  const contract = table.game.connect(by);
  await expect(contract.getFunction(move.kind).send(...argumentsOf(move))).to.be.revertedWithCustomError(
    contract,
    error,
  );
}

describe("Attacks on disputes", () => {
  it("a sole seat taken: a sleeping challenger does not keep another from convicting", async () => {
    const { table, played, published } = await set(liar);
    const asleep = await challenge(table, played, table.strangers[0]);
    const id = await challenge(table, played);
    await play(table, played, id, { published });
    expect(await table.holder.rewarded(1n)).to.equal(table.challenger.address);
    await send(table, table.strangers[3], { kind: "reclaim", game: asleep });
    const { bond } = await table.game.viewGame(asleep);
    expect(bond).to.equal(0n);
    expect(await table.game.credits(table.strangers[0].address)).to.be.greaterThan(0n);
  });

  it("opened once, open to all: a second challenger passes through what another game opened", async () => {
    const setting = await set(liar);
    const { table, played, published } = setting;
    const first = await challenge(table, played);
    const second = await challenge(table, played, table.strangers[0]);
    await playUntil(setting, first, "prove");
    const before = table.made.length;
    // From the trace root to the proof without one answer by the provider.
    for (let turn = 0; turn < 10 && !(await isConvicted(table, 1n)); turn++) {
      const game = await readGame(table, second);
      const move = challengerMind(played, published)(played.dispute, game, 0)!;
      await send(table, table.strangers[0], move);
    }
    expect(table.made.slice(before).map(({ kind }) => kind)).to.deep.equal(["enter", "open", "pick", "prove"]);
    // The first game had pinned the block before.
    expect(await table.holder.rewarded(1n)).to.equal(table.challenger.address);
  });

  it("challenges in bulk: each is paid for by its own challenger, and one conviction ends all", async () => {
    const { table, played, published } = await set(liar);
    const others = table.strangers.slice(0, 6);
    const games: bigint[] = [];
    for (const stranger of others) games.push(await challenge(table, played, stranger));
    const id = await challenge(table, played);
    await play(table, played, id, { published });
    for (const game of games) {
      await expectRevert(table, table.operator, { kind: "timeout", game }, "DisputeGame_Claim");
      await send(table, table.strangers[7], { kind: "reclaim", game });
      await expectRevert(table, table.strangers[7], { kind: "reclaim", game }, "DisputeGame_Stage");
    }
    await expect(table.game.challenge(1n, { value: 10n ** 18n })).to.be.revertedWithCustomError(
      table.holder,
      "ToyClaimHolder_State",
    );
  });

  it("stalling: the provider's silence at any move convicts, and only after its time", async () => {
    for (const kind of ["openTrace", "open", "openBlock"] as const) {
      const setting = await set(liar);
      const { table, played } = setting;
      const id = await challenge(table, played);
      await playUntil(setting, id, kind);
      const { clock } = await readGame(table, id);
      await networkHelpers.time.setNextBlockTimestamp(clock.since + clock.provider);
      await expectRevert(table, table.strangers[0], { kind: "timeout", game: id }, "DisputeGame_Early");
      await networkHelpers.time.setNextBlockTimestamp(clock.since + clock.provider + 1);
      await send(table, table.strangers[0], { kind: "timeout", game: id });
      expect(await table.holder.rewarded(1n), kind).to.equal(table.challenger.address);
    }
  });

  it("last-second moves: a move in the last second counts, and leaves its side the extension", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played);
    await playUntil(setting, id, "openTrace");
    const { move, game } = await nextMove(setting, id);
    await networkHelpers.time.setNextBlockTimestamp(game.clock.since + TERMS.providerBudget);
    await send(table, table.operator, move);
    expect((await readGame(table, id)).clock.provider).to.equal(3600);
  });

  it("moves censored until late: after the last second a move reverts", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played);
    const move = await playUntil(setting, id, "open");
    const { clock } = await readGame(table, id);
    await networkHelpers.time.setNextBlockTimestamp(clock.since + clock.provider + 1);
    await expectRevert(table, table.operator, move, "DisputeGame_Late");
  });

  it("strangers' moves: nobody picks or commits for another", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const stranger = table.strangers[0];
    const id = await challenge(table, played);
    const openTrace = await playUntil(setting, id, "openTrace");
    await expectRevert(table, stranger, openTrace, "DisputeGame_Sender");
    const enter = await playUntil(setting, id, "enter");
    await expectRevert(table, stranger, enter, "DisputeGame_Sender");
    await expectRevert(table, table.operator, enter, "DisputeGame_Sender");
    await table.game.connect(table.challenger).setDelegate(stranger.address, true);
    await send(table, stranger, enter);
  });

  it("copied and repeated moves: a move that was made reverts", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played);
    const openTrace = await playUntil(setting, id, "openTrace");
    await send(table, table.operator, openTrace);
    await expectRevert(table, table.operator, openTrace, "DisputeGame_TraceOpen");
    setting.published.learn(openTrace, await readGame(table, id), played.dispute);
    const enter = await playUntil(setting, id, "enter");
    await send(table, table.challenger, enter);
    await expectRevert(table, table.challenger, enter, "DisputeGame_Stage");
    const open = await playUntil(setting, id, "open");
    await send(table, table.operator, open);
    await expectRevert(table, table.operator, open, "DisputeGame_Stage");
  });

  it("reorganised chains: a move that answers another node reverts", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played);
    const open = await playUntil(setting, id, "open");
    await expectRevert(table, table.operator, { ...open, expected: noise(1) }, "DisputeGame_Expected");
    await expectRevert(table, table.operator, { ...open, game: packGameId(1n, 2) }, "DisputeGame_Stage");
  });

  it("out-of-range positions: beyond the end of a list nothing is entered", async () => {
    const table = await setTable(chain);
    const sizes = { ...SIZES, prompt: 5, outputs: [4] };
    const played = await postToy(table, sizes);
    const setting = { table, played, published: new Published() };
    const id = await challenge(table, played);
    const openTrace = await playUntil(setting, id, "openTrace");
    await send(table, table.operator, openTrace);
    const { pinned } = await readGame(table, id);
    const { trace, machine } = played.provider;
    const list = { part: "call", call: 0 } as const;
    const padding = {
      kind: "enter",
      game: id,
      expected: pinned,
      child: trace.tree(list).node(0, 6),
      index: 6n,
      path: trace.proof(list, 6),
      claim: played.dispute.claim,
      witness: machine.shapeWitness(0, 6),
    } as const;
    await expect(
      table.game
        .connect(table.challenger)
        .getFunction(padding.kind as string)
        .send(...argumentsOf(padding)),
    ).to.be.revert(chain.ethers);
    await expectRevert(table, table.challenger, { ...padding, index: 14n }, "DisputeGame_Range");
    await expectRevert(table, table.challenger, { ...padding, path: padding.path.slice(1) }, "DisputeGame_Length");
    const right = { ...padding, kind: "provePadding", header: played.dispute.header } as const;
    await expectRevert(table, table.challenger, right, "DisputeGame_Right");
    const inside = { ...right, child: trace.tree(list).node(0, 4), index: 4n, path: trace.proof(list, 4) } as const;
    await expectRevert(table, table.challenger, inside, "DisputeGame_Place");
  });

  it("dirty padding: a node beyond the end that is not padding convicts at once", async () => {
    const table = await setTable(chain);
    const sizes = { ...SIZES, prompt: 5, outputs: [4] };
    const dirty = (honest: Trace): Trace => honest.withNode({ part: "call", call: 0 }, 0, 6, noise(7));
    const played = await postToy(table, sizes, dirty);
    await play(table, played, await challenge(table, played));
    expect(await isConvicted(table, 1n)).to.equal(true);
    expect(table.made.at(-1)?.kind).to.equal("provePadding");
  });

  it("dirty padding inside a tensor: beyond its blocks, and beyond its last element", async () => {
    const sizes = { ...SIZES, count: 1300 };
    const beyond = (honest: Trace): Trace => honest.withNode({ part: "tensor", call: 0, position: 2 }, 3, 6, noise(9));
    const after = (honest: Trace): Trace => {
      const leaf = honest.leaf(0, 2, 40);
      leaf[127] = 1;
      return honest.withLeaf(0, 2, 40, leaf);
    };
    for (const lie of [beyond, after]) {
      const table = await setTable(chain);
      const played = await postToy(table, sizes, lie);
      await play(table, played, await challenge(table, played));
      expect(await isConvicted(table, 1n)).to.equal(true);
      expect(table.made.at(-1)?.kind).to.equal(lie === beyond ? "provePadding" : "prove");
    }
  });

  it("a tree whose children do not hash, and a right trace under a wrong output: silence", async () => {
    const broken = (honest: Trace): Trace => honest.withNode({ part: "tensor", call: 0, position: 2 }, 7, 0, noise(3));
    const settings = [await set(broken), { ...(await set()), published: new Published() }];
    settings[1] = {
      ...settings[1],
      played: await postToy(settings[1].table, SIZES, undefined, { outputsRoot: noise(4) }),
    };
    for (const { table, played, published } of settings) {
      await play(table, played, await challenge(table, played), { published });
      expect(await isConvicted(table, 1n)).to.equal(true);
      expect(table.made.at(-1)?.kind).to.equal("timeout");
    }
  });

  it("forged proofs: a right number convicts nobody, by whatever path", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played);
    const prove = await playUntil(setting, id, "prove");
    const { trace, machine } = played.provider;
    const right = { ...prove, proof: { ...prove.proof, offset: prove.proof.offset + 1 } };
    await expectRevert(table, table.challenger, right, "DisputeGame_Right");
    const forged = prove.proof.leaf.slice();
    forged[9] ^= 1;
    const other = { ...prove, proof: { ...prove.proof, leaf: forged } };
    await expectRevert(table, table.challenger, other, "DisputeGame_Hash");
    const far = { ...prove, proof: { ...prove.proof, offset: 256 } };
    await expectRevert(table, table.challenger, far, "DisputeGame_Range");
    const salt = noise(1);
    const elsewhere = proveCommitted(played.dispute, trace, machine, { ...MAP, element: 700 }, salt);
    const me = fromHex(table.strangers[0].address);
    await send(table, table.strangers[0], {
      kind: "commit",
      commitment: commitmentOf(me, 1n, elsewhere.place, salt),
    });
    await expectRevert(table, table.strangers[0], elsewhere, "DisputeGame_Right");
  });

  it("commit and prove: whoever knows the provider's leaves convicts in two transactions", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played, table.strangers[0]);
    await playUntil(setting, id, "openTrace").then((move) => send(table, table.operator, move));
    const { trace, machine } = played.provider;
    const salt = noise(5);
    const commitment = commitmentOf(fromHex(table.challenger.address), 1n, blockOf(machine, MAP), salt);
    expect(commitment).to.deep.equal(
      fromHex(await table.game.commitmentOf(table.challenger.address, 1n, blockOf(machine, MAP), salt)),
    );
    const prove = proveCommitted(played.dispute, trace, machine, MAP, salt);
    await expectRevert(table, table.challenger, prove, "DisputeGame_Commitment");
    await send(table, table.challenger, { kind: "commit", commitment });
    // Copied from the mempool, the proof is of no use.
    await expectRevert(table, table.strangers[1], prove, "DisputeGame_Commitment");
    await send(table, table.challenger, prove);
    expect(await table.holder.rewarded(1n)).to.equal(table.challenger.address);
    await send(table, table.strangers[0], { kind: "reclaim", game: id });
  });

  it("front-run commitments: a block that a game had pinned before earns its challenger the reward", async () => {
    const setting = await set(liar);
    const { table, played } = setting;
    const id = await challenge(table, played);
    await playUntil(setting, id, "prove");
    const { trace, machine } = played.provider;
    const [thief] = table.strangers;
    const salt = noise(6);
    const place = blockOf(machine, MAP);
    await send(table, thief, { kind: "commit", commitment: commitmentOf(fromHex(thief.address), 1n, place, salt) });
    await send(table, thief, proveCommitted(played.dispute, trace, machine, MAP, salt));
    expect(await table.holder.rewarded(1n)).to.equal(table.challenger.address);
  });

  it("withheld data: what is demanded is supplied, or the claim falls; what does not exist is no demand", async () => {
    const { table, played } = await set();
    const id = await challenge(table, played);
    const { game, operator, challenger } = table;
    await playUntil({ table, played, published: new Published() }, id, "openTrace").then((move) =>
      send(table, operator, move),
    );
    const { trace } = played.provider;
    const expected = trace.root;
    const record = 4n << 40n;
    const value = 2n * 10n ** 17n;
    const { claim, header } = played.dispute;
    const nothing = { description: 0, root: noise(1), leaf: "0x", path: [], rest: [] };
    const witness = played.provider.machine.shapeWitness(0, 4);
    await expect(game.connect(challenger).demand(id, expected, record)).to.be.revertedWithCustomError(
      game,
      "DisputeGame_Bond",
    );
    await game.connect(challenger).demand(id, expected, record, { value });
    const other = header.slice(0, -1);
    await expect(game.supply(id, expected, claim, other, toHex(witness), nothing)).to.be.revertedWithCustomError(
      game,
      "DisputeGame_Header",
    );
    await game.connect(operator).supply(id, expected, claim, header, toHex(witness), nothing);
    expect((await readGame(table, id)).stage).to.equal("pick");

    const unknown = game.connect(challenger).demand(id, expected, 3n << 96n, { value });
    await expect(unknown).to.be.revertedWithCustomError(game, "DisputeGame_Range").withArgs(3, 3);
    for (const absent of [8n << 40n, 1n << 96n, 2n << 96n, 99n << 40n]) {
      await game.connect(challenger).demand(id, expected, absent, { value });
      await game.connect(operator).supply(id, expected, claim, header, "0x", nothing);
    }
    await game.connect(challenger).demand(id, expected, record, { value });
    await networkHelpers.time.increase(5 * DAY);
    await send(table, challenger, { kind: "timeout", game: id });
    expect(await isConvicted(table, 1n)).to.equal(true);
  });

  it("demands without end: not more than the moves of a game", async () => {
    const { table, played } = await set();
    const id = await challenge(table, played);
    const { game, operator, challenger } = table;
    await playUntil({ table, played, published: new Published() }, id, "openTrace").then((move) =>
      send(table, operator, move),
    );
    const expected = played.provider.trace.root;
    const { claim, header } = played.dispute;
    const nothing = { description: 0, root: noise(1), leaf: "0x", path: [], rest: [] };
    const value = 10n ** 17n;
    for (let i = 0n; i < (await game.MOST_MOVES()); i++) {
      await game.connect(challenger).demand(id, expected, 1n << 96n, { value });
      await game.connect(operator).supply(id, expected, claim, header, "0x", nothing);
    }
    await expect(game.connect(challenger).demand(id, expected, 1n << 96n, { value })).to.be.revertedWithCustomError(
      game,
      "DisputeGame_Range",
    );
  });

  it("demands without end, each move in its last second: over after both budgets and longest() extensions", async () => {
    const { table, played, published } = await set();
    const id = await challenge(table, played);
    const { trace, machine } = played.provider;
    const { dispute } = played;
    const random = randomSource(1);
    const begun = await networkHelpers.time.latest();
    const most = await table.game.MOST_MOVES();
    let moves = 0;
    for (;;) {
      const game = await readGame(table, id);
      const side = sideToMove(game.stage)!;
      const move =
        side === "provider"
          ? providerMind(played)(dispute, game, game.clock.since)
          : (game.moves < most ? demandAnything : pointAnywhere)(
              { dispute, game, trace, machine, published, made: [] },
              random,
            );
      await networkHelpers.time.setNextBlockTimestamp(deadlineOf(game.clock, side) + (move ? 0 : 1));
      if (!move) break;
      await send(table, side === "provider" ? table.operator : table.challenger, move);
      published.learn(move, game, dispute);
      moves++;
    }
    await send(table, table.operator, { kind: "timeout", game: id });
    const lasted = (await networkHelpers.time.latest()) - begun;
    const longest = Number(await table.game.longest());
    expect(moves).to.be.within(2 * Number(most), longest);
    const budgets = TERMS.providerBudget + TERMS.challengerBudget;
    expect(lasted).to.be.within(budgets, budgets + longest * PARAMETERS.extension);
    expect(await isConvicted(table, 1n)).to.equal(false);
  });

  for (const [how, hide] of [
    ["a contract", undefined],
    ["the operator's own code (EIP-7702)", "0xef0100"],
  ] as const) {
    it(`hidden answers: whoever has only logs and transactions reads what came through ${how}`, async () => {
      const { table, played } = await set(liar);
      const { game, operator, challenger } = table;
      const relay = await chain.ethers.deployContract("Relay");
      await game.connect(operator).setDelegate(await relay.getAddress(), true);
      if (hide) await networkHelpers.setCode(operator.address, hide + (await relay.getAddress()).slice(2));
      const through = hide ? relay.attach(operator.address) : relay;
      const id = await challenge(table, played);
      const kinds: string[] = [];
      for (let turn = 0; turn < 40 && !(await isConvicted(table, 1n)); turn++) {
        const at = await readGame(table, id);
        const published = await new Disputes(game).published(played.dispute);
        const own = challengerMind(played, published)(played.dispute, at, at.clock.since);
        if (own) {
          await send(table, challenger, own);
          continue;
        }
        const move = providerMind(played)(played.dispute, at, at.clock.since)!;
        kinds.push(move.kind);
        const data = game.interface.encodeFunctionData(move.kind as "open", argumentsOf(move) as never);
        await expect(through.connect(operator).getFunction("pass")(await game.getAddress(), data)).to.emit(
          game,
          "Relayed",
        );
      }
      expect(kinds).to.include.members(["openTrace", "open", "openBlock"]);
      expect(await table.holder.rewarded(1n)).to.equal(challenger.address);
    });
  }

  it("games without a bound on their moves: no such parameters", async () => {
    const error = { interface: (await setTable(chain)).game.interface };
    const small = setTable(chain, "ToyStepEvaluator", { arityLog2: 1, snapshotsLog2: 1 });
    await expect(small).to.be.revertedWithCustomError(error, "DisputeGame_Parameters");
  });
});
