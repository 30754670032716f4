/**
 * The market with the real game and the real step evaluator: hand-written programs asked for, answered truly and falsely,
 * challenged, played to the end by the players of `packages/dispute`, and paid to the last unit.
 *
 * @weight 20
 */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { network } from "hardhat";
import { loadParameters } from "../../packages/protocol/src/index.ts";
import { run, type Run } from "../../packages/vm/src/interpreter.ts";
import { denseBytes } from "../../packages/vm/src/tensor.ts";
import { cumulativeSum, earlyStop, recurrence, type Example } from "../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { challenge, play } from "../helpers/dispute-table.ts";
import { FEE, setMarketTable } from "../helpers/marketTable.ts";

const PARAMETERS = fileURLToPath(new URL("../../packages/deployment/parameters/local.json5", import.meta.url));
const COLLATERAL = 38n * FEE;
const NAMES = ["requester", "provider", "challenger"] as const;

async function makeWorld() {
  const connection = await network.create();
  const { networkHelpers } = connection;
  const world = await setMarketTable(connection, loadParameters(PARAMETERS));
  const { token, market, staking, table, requester, post } = world;

  /** Answers an example with what `told` computed, and sits down to dispute it. */
  const answer = ({ program, request }: Example, told: Run) => post(new Trace(run(program, request)), new Trace(told));

  /** What each owns in tokens, wherever it lies. */
  const worth = async () => {
    const people = { requester, provider: table.operator, challenger: table.challenger };
    const found = await Promise.all(
      NAMES.map(async (name) => {
        const { address } = people[name];
        const staked = name === "provider" ? (await staking.providerAt(1)).stake + (await market.earnings(1)) : 0n;
        return [name, (await token.balanceOf(address)) + (await market.credits(address)) + staked] as const;
      }),
    );
    return Object.fromEntries(found) as Record<(typeof NAMES)[number], bigint>;
  };

  return { ...world, networkHelpers, answer, worth };
}

/** A run in which one byte of the first output is wrong. */
function lie({ program, request }: Example): Run {
  const { call, positions } = run(program, request).layout.outputs();
  return run(program, request, (inCall, position, tensor) => {
    if (inCall !== call || position !== positions[0]) return tensor;
    const data = Uint8Array.from(denseBytes(tensor));
    data[0] ^= 1;
    return { ...tensor, data };
  });
}

describe("market with the real game", () => {
  for (const example of [cumulativeSum(), recurrence(), earlyStop()]) {
    it(`${example.name}: an honest answer outlives a challenge, and its provider is paid`, async () => {
      const { market, table, answer, worth, networkHelpers } = await makeWorld();
      const before = await worth();
      const { claimId, played } = await answer(example, run(example.program, example.request));
      await play(table, played, await challenge(table, played));
      const { time, openDisputes } = await market.claimOf(claimId);
      expect(openDisputes).to.equal(0n);
      if (BigInt(await networkHelpers.time.latest()) < time) await networkHelpers.time.increaseTo(time);
      await market.finalise(claimId);
      const after = await worth();
      expect(after).to.deep.equal({ ...before, requester: before.requester - FEE, provider: before.provider + FEE });
    });

    it(`${example.name}: a false answer is convicted, slashed, and the requester made whole`, async () => {
      const { market, token, table, answer, worth, networkHelpers, parameters } = await makeWorld();
      const before = await worth();
      const { claimId, order, played } = await answer(example, lie(example));
      await play(table, played, await challenge(table, played));
      expect((await market.claimOf(claimId)).challenger).to.equal(table.challenger.address);
      await market.refund(order);
      await networkHelpers.time.increase(parameters.market.rewardDelaySeconds);
      await market.payReward(claimId);
      await market.burn();
      const share = (bps: number) => (COLLATERAL * BigInt(bps)) / 10_000n;
      const { slashBurnBps, slashChallengerBps, slashGasBps } = parameters.market;
      const requesterBps = 10_000 - slashBurnBps - slashChallengerBps - slashGasBps;
      expect(await worth()).to.deep.equal({
        requester: before.requester + share(requesterBps),
        provider: before.provider - COLLATERAL,
        challenger: before.challenger + share(slashChallengerBps),
      });
      expect(await token.balanceOf("0x000000000000000000000000000000000000dEaD")).to.equal(
        share(slashBurnBps + slashGasBps),
      );
    });
  }

  it("a provider that never opens its trace falls when its clock has run out", async () => {
    const example = cumulativeSum();
    const { market, table, answer, networkHelpers } = await makeWorld();
    const { claimId, played } = await answer(example, run(example.program, example.request));
    const id = await challenge(table, played);
    const { providerBudgetSeconds } = await market.claimOf(claimId);
    await expect(table.game.timeout(id)).to.revert(table.chain.ethers);
    await networkHelpers.time.increase(providerBudgetSeconds + 1n);
    await table.game.timeout(id);
    expect((await market.claimOf(claimId)).challenger).to.equal(table.challenger.address);
  });

  it("several challengers of one claim: the claim is final only when all games ended", async () => {
    const example = cumulativeSum();
    const { market, table, answer, networkHelpers } = await makeWorld();
    const { claimId, played } = await answer(example, run(example.program, example.request));
    const first = await challenge(table, played);
    const second = await challenge(table, played);
    await play(table, played, first);
    expect((await market.claimOf(claimId)).openDisputes).to.equal(1n);
    await networkHelpers.time.increaseTo((await market.claimOf(claimId)).time + 10n).catch(() => undefined);
    await expect(market.finalise(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_DisputeOpen");
    await play(table, played, second);
    await market.finalise(claimId);
  });
});
