import { expect } from "chai";
import { FEE, STAKE, makeWorld, type World } from "../../helpers/marketWorld.ts";

const COLLATERAL = 38n * FEE;

/** Attacks that others have paid for, each against the market as deployed, with a game that does as told. */
describe("market: attacks", () => {
  let world: World;
  beforeEach(async () => (world = await makeWorld()));

  it("one stake promised to many claims: each locks its own, and the one too many is refused", async () => {
    const { market, staking, owner, provider } = world;
    const claims = STAKE / COLLATERAL > 10n ? 10 : Number(STAKE / COLLATERAL);
    for (let i = 0; i < claims; i++) await world.accepted();
    const { locked } = await staking.providerAt(provider);
    expect(locked).to.equal(BigInt(claims) * COLLATERAL);
    const { order } = await world.request({ fee: (STAKE - locked) / 38n + 1n });
    await staking.connect(owner).setCapacity(provider, 120);
    await expect(market.connect(owner).accept(order)).to.be.revertedWithCustomError(staking, "Staking_NotEnoughStake");
  });

  it("lesson 2: all claims of a provider convicted at once: each slash takes exactly its own lock", async () => {
    const { market, staking, game, challenger, provider } = world;
    const fees = [FEE, 3n * FEE + 1n, 20_011n, 2n * FEE, 99_999n];
    const claims = [];
    for (const fee of fees) claims.push(await world.posted({ fee }));
    let stake = STAKE;
    for (const i of [3, 0, 4, 2, 1]) {
      await game.open(claims[i].claimId);
      await game.convict(claims[i].claimId, challenger.address);
      stake -= await market.collateralUp(fees[i]);
      expect((await staking.providerAt(provider)).stake).to.equal(stake);
    }
    expect((await staking.providerAt(provider)).locked).to.equal(0n);
  });

  it("challenges in bulk: the claim is final only when the last of them has ended", async () => {
    const { market, game } = world;
    const { claimId } = await world.posted();
    for (let i = 0; i < 40; i++) await game.open(claimId);
    await world.atDeadline(claimId);
    for (let i = 0; i < 40; i++) {
      await expect(market.finalise(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_DisputeOpen");
      await game.close(claimId);
    }
    await market.finalise(claimId);
  });

  it("unbonding before the end: what leaves cannot be had before the latest end, and is slashed", async () => {
    const { market, staking, game, owner, provider, challenger, networkHelpers } = world;
    const { claimId } = await world.accepted().then(async (asked) => {
      await staking.connect(owner).unbond(provider, STAKE);
      await market.connect(owner).post(asked.order, world.descriptions, world.outputs);
      return asked;
    });
    const latestEnd = await market.latestEndOf(claimId);
    const { maturesAt } = await staking.entryOf(provider, 1);
    expect(maturesAt).to.be.at.least(latestEnd);
    await game.open(claimId);
    await networkHelpers.time.setNextBlockTimestamp(latestEnd);
    await expect(staking.connect(owner).withdraw(provider, 1)).to.be.revertedWithCustomError(
      staking,
      "Staking_NotMature",
    );
    await game.convict(claimId, challenger.address);
    expect((await staking.entryOf(provider, 1)).amount).to.equal(STAKE - COLLATERAL);
    const { order } = await world.request();
    await expect(market.connect(owner).accept(order)).to.be.revertedWithCustomError(staking, "Staking_NotEnoughStake");
  });

  it("self-request: a provider that misses its own request's answer still loses the burned half", async () => {
    const { market, staking, owner, provider } = world;
    const { order, claimId } = await world.accepted({}, owner);
    await world.atDeadline(claimId);
    await market.expire(order);
    const lost = STAKE - (await staking.providerAt(provider)).stake;
    const back = (await market.credits(owner.address)) - FEE;
    expect(lost - back).to.be.at.least(lost / 2n);
    expect(lost).to.be.above(0n);
  });

  it("a sole seat: a challenger that stalls keeps nobody else from challenging", async () => {
    const { market, game, challenger } = world;
    const { claimId } = await world.posted();
    await game.open(claimId);
    await game.open(claimId);
    await game.convict(claimId, challenger.address);
    expect((await market.claimOf(claimId)).challenger).to.equal(challenger.address);
  });

  it("replays: an order means nothing to another market, and nothing twice to its own", async () => {
    const other = await makeWorld();
    const { market, owner } = world;
    const asked = await world.finalised();
    for (const call of [
      market.connect(owner).accept(asked.order),
      market.connect(owner).post(asked.order, world.descriptions, world.outputs),
      market.finalise(asked.claimId),
      market.expire(asked.order),
      market.refund(asked.order),
    ])
      await expect(call).to.be.revertedWithCustomError(market, "InferenceMarket_WrongStatus");
    const stranded = await other.market.connect(other.deployer).idOf(asked.order);
    expect((await other.market.claimOf(stranded)).status).to.equal(0n);
  });

  it("lesson 10: an answer that was accepted under one trace time and price keeps them", async () => {
    const { market, staking, owner, provider, modelId } = world;
    const asked = await world.accepted();
    await staking.connect(owner).serve(provider, modelId, 0, 0);
    await staking.connect(owner).setCapacity(provider, 0);
    await market.connect(owner).post(asked.order, world.descriptions, world.outputs);
    await world.atDeadline(asked.claimId);
    await market.finalise(asked.claimId);
    expect((await staking.providerAt(provider)).owedTraceSeconds).to.equal(0n);
  });
});
