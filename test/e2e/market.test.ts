/**
 * The market with the real game and the real step evaluator: hand-written programs asked for, answered truly and falsely,
 * challenged, played to the end by the players of `packages/dispute`, and paid to the last unit.
 *
 * @weight 20
 */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { network } from "hardhat";
import { deploy } from "../../packages/deployment/src/index.ts";
import { outputPlaces } from "../../packages/dispute/src/index.ts";
import { programMachine } from "../../packages/dispute/src/programMachine.ts";
import { loadParameters, toOrder } from "../../packages/protocol/src/index.ts";
import { concat } from "../../packages/vm/src/bytes.ts";
import { claimOf } from "../../packages/vm/src/claim.ts";
import { encodeHeader } from "../../packages/vm/src/header.ts";
import { run, type Run } from "../../packages/vm/src/interpreter.ts";
import { paramsRoot } from "../../packages/vm/src/program.ts";
import { packSymbols } from "../../packages/vm/src/request.ts";
import { denseBytes, encodeDescription } from "../../packages/vm/src/tensor.ts";
import { cumulativeSum, earlyStop, recurrence, type Example } from "../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { challenge, play, type Case, type Table } from "../helpers/dispute-table.ts";

const PARAMETERS = fileURLToPath(new URL("../../packages/deployment/parameters/local.json5", import.meta.url));
const FEE = 10n ** 18n;
const COLLATERAL = 38n * FEE;
const STAKE = 100n * FEE;
const NAMES = ["requester", "provider", "challenger"] as const;

async function makeWorld() {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const parameters = loadParameters(PARAMETERS);
  const { token, registry, market, staking, game } = await deploy(connection, parameters);
  const [, operator, challenger, requester] = await ethers.getSigners();
  for (const person of [operator, challenger, requester]) {
    await token.mint(person.address, STAKE);
    for (const spender of [market, staking])
      await token.connect(person).approve(await spender.getAddress(), 2n ** 256n - 1n);
  }
  await staking.connect(operator).join(100, "");
  await staking.connect(operator).deposit(1, STAKE);

  // The players' table asks the holder one thing, which the market answers too.
  const rewarded = async (claimId: bigint) => BigInt((await market.claimOf(claimId)).challenger);
  const table = {
    ...{ chain: { ethers, networkHelpers }, game, operator, challenger, strangers: [], made: [] },
    holder: { rewarded },
  } as unknown as Table;

  const clocks = {
    windowSeconds: parameters.market.window.defaultSeconds,
    providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
  };

  /** Registers a program, has it asked and answered with what `told` computed, and sits down to dispute it. */
  const answer = async ({ program, request }: Example, told: Run) => {
    const header = encodeHeader(program.header);
    const registration = [header, paramsRoot(program), clocks, "", ethers.ZeroHash] as const;
    const modelId = await registry.register.staticCall(...registration);
    await registry.register(...registration);
    await staking.connect(operator).serve(1, modelId, 5, FEE);
    const asked = {
      ...{ modelId, seed: request.seed, symbols: packSymbols(request.symbols), fee: FEE, calls: request.calls },
      ...{ provider: 0, acceptSeconds: 300, answerSeconds: 300, reassignments: 0, salt: 1 },
      ...{ callback: ethers.ZeroAddress, callbackGas: 0, finality: 0 },
    };
    const inputs = concat(...request.inputs.map(denseBytes));
    await market.connect(requester).request(asked, inputs);
    const [event] = await market.queryFilter(market.filters.Requested, "latest");
    const { claimId } = event.args;
    const order = toOrder(event.args.order);
    await market.connect(operator).accept(order);
    const { call, positions } = told.layout.outputs();
    const descriptions = positions.map((position) => encodeDescription(told.layout.description(call, position)));
    await market.connect(operator).post(order, concat(...descriptions), concat(...told.outputs.map(denseBytes)));

    const claim = claimOf(told);
    const rules = {
      arityLog2: parameters.game.arityLog2,
      snapshotsLog2: parameters.game.snapshotsLog2,
      shortSteps: parameters.game.shortSteps,
      mostMoves: Number(await game.MOST_MOVES()),
    };
    const honest = new Trace(run(program, request));
    const held = new Trace(told);
    const played: Case = {
      dispute: { claimId, claim, header, rules, convicted: false },
      provider: { trace: held, machine: programMachine(claim, held) },
      challenger: { trace: honest, machine: programMachine(claim, honest) },
    };
    expect(outputPlaces(header, claim.calls).length).to.equal(told.outputs.length);
    return { claimId, order, played };
  };

  /** What each owns in tokens, wherever it lies. */
  const worth = async () => {
    const people = { requester, provider: operator, challenger };
    const found = await Promise.all(
      NAMES.map(async (name) => {
        const { address } = people[name];
        const staked = name === "provider" ? (await staking.providerAt(1)).stake + (await market.earnings(1)) : 0n;
        return [name, (await token.balanceOf(address)) + (await market.credits(address)) + staked] as const;
      }),
    );
    return Object.fromEntries(found) as Record<(typeof NAMES)[number], bigint>;
  };

  return { ethers, networkHelpers, parameters, token, market, staking, table, answer, worth };
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
