/** Every wei of a dispute: bonds in are payouts and burns; answering costs an honest provider nothing. */
import { expect } from "chai";
import { network } from "hardhat";
import type { ToySizes } from "../../../packages/dispute/src/testing/toy.ts";
import { nextProviderMove, sideToMove, type Move } from "../../../packages/dispute/src/index.ts";
import { Published } from "../../../packages/dispute/src/published.ts";
import type { Trace } from "../../../packages/vm/src/trace.ts";
import {
  challenge,
  challengerMind,
  DAY,
  heldBy,
  isConvicted,
  play,
  postToy,
  readGame,
  send,
  setTable,
  TERMS,
  type Mind,
  type Table,
} from "../../helpers/dispute-table.ts";

const chain = await network.create();
const { ethers, networkHelpers } = chain;

const SIZES: ToySizes = { prompt: 8, decode: 0, epilogue: 0, calls: 1, count: 3000, extent: 700, outputs: [7] };
const CALLS: ToySizes = { prompt: 3, decode: 4, epilogue: 2, calls: 40, count: 3000, extent: 5, outputs: [1] };

const lie =
  (call: number, position: number, leaf: number) =>
  (honest: Trace): Trace => {
    const bytes = honest.leaf(call, position, leaf);
    bytes[13] ^= 4;
    return honest.withLeaf(call, position, leaf, bytes);
  };

describe("Money of disputes", () => {
  /** Balance of the contract equals credits and what games hold. */
  async function expectBalanced(table: Table, accounts: readonly string[], claims: readonly bigint[]): Promise<void> {
    const address = await table.game.getAddress();
    let sum = 0n;
    for (const account of accounts) sum += await table.game.credits(account);
    for (const claimId of claims) sum += await heldBy(table, claimId);
    expect(await ethers.provider.getBalance(address)).to.equal(sum);
  }

  it("keeps every wei accounted for after every move, and pays it all out", async () => {
    const table = await setTable(chain);
    const { operator, challenger, strangers } = table;
    const accounts = [operator, challenger, ...strangers.slice(0, 3)].map(({ address }) => address);
    const played = await postToy(table, SIZES, lie(0, 3, 20));
    const id = await challenge(table, played);
    const second = await challenge(table, played, strangers[0]);
    const published = new Published();
    for (let turn = 0; turn < 40 && !(await isConvicted(table, 1n)); turn++) {
      const game = await readGame(table, id);
      const provider = sideToMove(game.stage) === "provider";
      const now = await networkHelpers.time.latest();
      const { dispute } = played;
      const move = provider
        ? nextProviderMove(dispute, game, played.provider.trace, played.provider.machine, now)
        : challengerMind(played, published)(dispute, game, now)!;
      // Strangers may open too; only the operator commits.
      const kind = (move as Move).kind;
      const anyone = kind === "open" || kind === "openBlock";
      await send(table, anyone ? strangers[turn % 3] : provider ? operator : challenger, move as Move);
      published.learn(move as Move, game, dispute);
      await expectBalanced(table, accounts, [1n]);
    }
    await send(table, strangers[2], { kind: "reclaim", game: second });
    await expectBalanced(table, accounts, [1n]);
    for (const signer of [operator, challenger, ...strangers.slice(0, 3)]) await table.game.connect(signer).withdraw();
    expect(await ethers.provider.getBalance(await table.game.getAddress())).to.equal(0n);
    expect(await table.holder.reimbursed(1n, strangers[0].address)).to.be.greaterThan(0n);
  });

  for (const [name, sizes] of Object.entries({ SIZES, CALLS })) {
    it(`leaves an honest provider no poorer, gas included, whatever it is asked (${name})`, async () => {
      const table = await setTable(chain);
      const { operator, game: contract } = table;
      for (let claimId = 1n; claimId <= 8n; claimId++) {
        const played = await postToy(table, sizes, undefined, { claimId });
        const before =
          (await ethers.provider.getBalance(operator.address)) + (await contract.credits(operator.address));
        const id = await challenge(table, played);
        const published = new Published();
        const wrong = lie(
          Number(claimId) % sizes.calls,
          Number(claimId) % 2,
          Number(claimId * 11n) % 90,
        )(played.challenger.trace);
        // The challenger plays for a number that the provider never claimed.
        const honest = challengerMind({ ...played, challenger: { ...played.challenger, trace: wrong } }, published);
        const mind: Mind = (dispute, game, now) => {
          const move = honest(dispute, game, now);
          return move?.kind === "prove" ? undefined : move;
        };
        const ended = await play(table, played, id, { challenger: mind, published });
        expect(ended.stage).to.equal("none");
        expect(await isConvicted(table, claimId)).to.equal(false);
        await contract.connect(operator).withdraw();
        const after = await ethers.provider.getBalance(operator.address);
        expect(after - before, `claim ${claimId}`).to.be.at.least(TERMS.traceFee + TERMS.delayFee - 10n ** 9n);
      }
    });
  }

  it("burns what a silent challenger leaves, but for the fees", async () => {
    const table = await setTable(chain);
    const played = await postToy(table, SIZES);
    const id = await challenge(table, played);
    await play(table, played, id, { challenger: () => undefined });
    const [event] = await table.game.queryFilter(table.game.filters.GameEnded(id));
    expect(event.args.toProvider).to.equal(TERMS.traceFee + TERMS.delayFee);
    expect(event.args.returned).to.equal(0n);
    expect(event.args.burned).to.be.greaterThan(0n);
  });

  it("asks the trace fee of the first challenger only, and no less than the bond", async () => {
    const table = await setTable(chain);
    await postToy(table, SIZES);
    const { game } = table;
    const first = await game.bondOf(1n);
    await expect(game.challenge(1n, { value: first - 10n ** 9n })).to.be.revertedWithCustomError(
      game,
      "DisputeGame_Bond",
    );
    await expect(game.challenge(1n, { value: first + 1n })).to.be.revertedWithCustomError(game, "DisputeGame_Bond");
    await game.challenge(1n, { value: first });
    expect(first - (await game.bondOf(1n))).to.equal(TERMS.traceFee);
  });

  it("returns bonds when time has run out for the provider", async () => {
    const table = await setTable(chain);
    const played = await postToy(table, SIZES);
    const id = await challenge(table, played);
    await networkHelpers.time.increase(5 * DAY);
    const { bond } = await table.game.viewGame(id);
    await send(table, table.strangers[0], { kind: "timeout", game: id });
    expect(await table.game.credits(table.challenger.address)).to.equal(bond);
    expect(await table.holder.rewarded(1n)).to.equal(table.challenger.address);
  });
});
