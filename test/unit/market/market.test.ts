import { expect } from "chai";
import { CALM, FEE, STAKE, filled, makeWorld, type World } from "../../helpers/marketWorld.ts";

/** Collateral of `FEE`: 38 fees. */
const COLLATERAL = 38n * FEE;
const NOBODY = "0x0000000000000000000000000000000000000000";

describe("market: request", () => {
  let world: World;
  before(async () => (world = await makeWorld()));

  it("takes the fee from credit if that suffices, else by transfer", async () => {
    const { market, token, requester } = world;
    const market_ = await market.getAddress();
    const ask = () => market.connect(requester).request(world.requestOf(), filled(256));
    await expect(ask()).to.changeTokenBalances(world.ethers, token, [requester, market_], [-FEE, FEE]);
    await market.connect(requester).addCredit(requester.address, FEE);
    await expect(ask()).to.changeTokenBalances(world.ethers, token, [requester, market_], [0n, 0n]);
    expect(await market.credits(requester.address)).to.equal(0n);
  });

  it("keeps a request's bounds", async () => {
    const { market, requester, requestOf, ethers } = world;
    const ask = (part: object, inputs = filled(256)) => market.connect(requester).request(requestOf(part), inputs);
    const refused = async (sent: Promise<unknown>, name: string, at: { interface: unknown } = market) =>
      expect(sent).to.be.revertedWithCustomError(at as typeof market, name);
    await refused(ask({ calls: 1n }), "InferenceMarket_CallsOutOfBounds");
    await refused(ask({ calls: 5n }), "InferenceMarket_CallsOutOfBounds");
    await refused(ask({ fee: 9_999n }), "InferenceMarket_FeeTooLow");
    await refused(ask({ answerSeconds: 601n }), "InferenceMarket_AnswerTimeOutOfBounds");
    await refused(ask({ reassignments: 4n }), "InferenceMarket_TooManyReassignments");
    await refused(ask({ callbackGas: 1_500_001n }), "InferenceMarket_CallbackGasTooHigh");
    await refused(ask({}, filled((1 << 15) + 1)), "InferenceMarket_InputTooLong");
    await refused(ask({ modelId: ethers.ZeroHash }), "ModelRegistry_Unknown", world.registry);
    await refused(ask({ symbols: 0n }, "0x"), "ModelBounds_Symbol");
    await refused(ask({ symbols: 65n }, filled(260)), "ModelBounds_Symbol");
    await refused(ask({ symbols: 64n | (1n << 32n) }), "ModelBounds_UnusedSymbol");
    await refused(ask({ symbols: 63n }), "InlineTensor_LeftOver");
    await refused(ask({ symbols: 64n }, filled(255)), "InlineTensor_WrongLength");
    await ask({ symbols: 1n }, filled(4));
  });

  it("refuses the same request twice", async () => {
    const { market, requester } = world;
    const asked = world.requestOf();
    await market.connect(requester).request(asked, filled(256));
    await expect(market.connect(requester).request(asked, filled(256))).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_AlreadyRequested",
    );
    await market.connect(world.stranger).request(asked, filled(256));
  });

  it("marks input that is given as a root as private", async () => {
    const { market, requester, ethers } = world;
    const receipt = await world.mined(
      market.connect(requester).requestPrivately(world.requestOf(), ethers.id("inputs"), "https://input.example"),
    );
    const { order } = world.orderIn(receipt);
    expect((BigInt(order.details) >> 137n) & 1n).to.equal(1n);
    expect(order.inputsRoot).to.equal(ethers.id("inputs"));
  });

  it("refuses deprecated models, and none other", async () => {
    const { registry, market, requester, ethers, clocks } = world;
    const { headerOf } = await import("../../helpers/marketWorld.ts");
    const registration = [headerOf(3), ethers.ZeroHash, clocks, "", ethers.ZeroHash] as const;
    const modelId = await registry.register.staticCall(...registration);
    await registry.register(...registration);
    await market.connect(requester).request(world.requestOf({ modelId }), filled(256));
    await registry.deprecate(modelId);
    await expect(
      market.connect(requester).request(world.requestOf({ modelId }), filled(256)),
    ).to.be.revertedWithCustomError(registry, "ModelRegistry_Deprecated");
  });
});

describe("market: accept and post", () => {
  let world: World;
  beforeEach(async () => (world = await makeWorld()));

  it("locks 38 fees when work is accepted and frees them when it is final", async () => {
    const { staking, provider } = world;
    await world.accepted();
    expect((await staking.providerAt(provider)).locked).to.equal(COLLATERAL);
    await world.finalised();
    expect((await staking.providerAt(provider)).locked).to.equal(COLLATERAL);
  });

  it("stores the latest end with the lock", async () => {
    const { staking, provider, clocks, parameters, networkHelpers } = world;
    const asked = await world.request();
    await world.market.connect(world.owner).accept(asked.order);
    const now = BigInt(await networkHelpers.time.latest());
    const { greatestMoves, extensionSeconds } = parameters.game;
    const games = clocks.providerBudgetSeconds + clocks.challengerBudgetSeconds + greatestMoves * extensionSeconds;
    const { latestEnd } = await staking.providerAt(provider);
    expect(latestEnd).to.equal(now + CALM.answerSeconds + BigInt(clocks.windowSeconds + games));
    await world.market.connect(world.owner).post(asked.order, world.descriptions, world.outputs);
    expect(await world.market.latestEndOf(asked.claimId)).to.be.at.most(latestEnd);
  });

  it("refuses strangers, a second acceptance and an altered order", async () => {
    const { market, staking, owner, stranger } = world;
    const { order } = await world.request();
    await expect(market.connect(stranger).accept(order)).to.be.revertedWithCustomError(staking, "Staking_NotOperator");
    await expect(market.connect(owner).accept({ ...order, seed: 8n })).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_WrongStatus",
    );
    await market.connect(owner).accept(order);
    await expect(market.connect(owner).accept(order)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_WrongStatus",
    );
  });

  it("keeps a request for the provider it names", async () => {
    const { market, staking, owner, operator, modelId } = world;
    await staking.connect(operator).join(100, "");
    const other = await staking.providerOf(operator.address);
    await staking.connect(operator).serve(other, modelId, 10, 0);
    await staking.connect(operator).deposit(other, STAKE);
    const { order } = await world.request({ provider: other });
    await expect(market.connect(owner).accept(order)).to.be.revertedWithCustomError(market, "InferenceMarket_NotAsked");
    await market.connect(operator).accept(order);
  });

  it("enforces served models, capacity and trace time", async () => {
    const { market, staking, owner, provider, modelId } = world;
    const { order } = await world.request();
    const serve = (traceSeconds: number) => staking.connect(owner).serve(provider, modelId, traceSeconds, 0);
    const accept = () => market.connect(owner).accept(order);
    await serve(0);
    await expect(accept()).to.be.revertedWithCustomError(staking, "Staking_NotServed");
    await serve(101);
    await expect(accept()).to.be.revertedWithCustomError(staking, "Staking_OverCapacity");
    await serve(49);
    await expect(accept()).to.be.revertedWithCustomError(market, "InferenceMarket_TraceTooSlow");
    await serve(48);
    await accept();
    await world.accepted();
    const third = await world.request();
    await expect(market.connect(owner).accept(third.order)).to.be.revertedWithCustomError(
      staking,
      "Staking_OverCapacity",
    );
  });

  it("is in time strictly before each deadline: t-1 yes, t and t+1 no", async () => {
    const { market, owner } = world;
    for (const [offset, late] of [
      [-1, false],
      [0, true],
      [1, true],
    ] as const) {
      const first = await world.request();
      await world.atDeadline(first.claimId, offset);
      const accept = market.connect(owner).accept(first.order);
      if (late) await expect(accept).to.be.revertedWithCustomError(market, "InferenceMarket_TooLate");
      else await accept;

      const second = await world.accepted();
      await world.atDeadline(second.claimId, offset);
      const post = market.connect(owner).post(second.order, world.descriptions, world.outputs);
      if (late) await expect(post).to.be.revertedWithCustomError(market, "InferenceMarket_TooLate");
      else await post;

      const third = await world.posted();
      await world.atDeadline(third.claimId, offset);
      const open = world.game.open(third.claimId);
      if (late) await expect(open).to.be.revertedWithCustomError(market, "InferenceMarket_TooLate");
      else await open;
    }
  });

  it("finalises from the deadline on: t-1 no, t and t+1 yes", async () => {
    const { market } = world;
    for (const offset of [-1, 0, 1]) {
      const { claimId } = await world.posted();
      await world.atDeadline(claimId, offset);
      if (offset < 0)
        await expect(market.finalise(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_TooEarly");
      else await market.finalise(claimId);
    }
  });

  it("lesson 11: a copied answer earns nothing, because only the accepting provider can post", async () => {
    const { market, staking, owner, stranger, operator, modelId } = world;
    const { order, claimId } = await world.accepted();
    await staking.connect(operator).join(100, "");
    await staking.connect(operator).serve(await staking.providerOf(operator.address), modelId, 10, 0);
    for (const copier of [stranger, operator, world.requester])
      await expect(market.connect(copier).post(order, world.descriptions, world.outputs)).to.be.revertedWithCustomError(
        market,
        "InferenceMarket_NotProvider",
      );
    await market.connect(owner).post(order, world.descriptions, world.outputs);
    expect((await market.claimOf(claimId)).provider).to.equal(world.provider);
  });

  it("lets the key that has rotated in answer, and the one that has rotated out not", async () => {
    const { market, staking, owner, operator, provider } = world;
    const { order } = await world.accepted();
    await staking.connect(owner).proposeOperator(provider, operator.address);
    await staking.connect(operator).becomeOperator(provider);
    const post = (key: typeof owner) => market.connect(key).post(order, world.descriptions, world.outputs);
    await expect(post(owner)).to.be.revertedWithCustomError(market, "InferenceMarket_NotProvider");
    await post(operator);
  });

  it("has the claim hash and the roots of the TypeScript twin", async () => {
    const { market, requester, owner } = world;
    const { claimHash, fromHex, inputsRootOf, joinedRoot, commitment, toHex } =
      await import("../../../packages/vm/src/index.ts");
    const { rootOf, tensorTree } = await import("../../../packages/vm/src/tree.ts");
    for (const count of [1, 31, 32, 33, 64]) {
      const inputs = filled(4 * count);
      const receipt = await world.mined(
        market.connect(requester).request(world.requestOf({ symbols: BigInt(count) }), inputs),
      );
      const { order, claimId } = world.orderIn(receipt);
      const tensor = { dtype: 1 as const, shape: [count], data: fromHex(inputs) };
      expect(order.inputsRoot).to.equal(toHex(inputsRootOf([tensor])));

      await market.connect(owner).accept(order);
      const { describeOutput } = await import("../../helpers/marketWorld.ts");
      const outputs = filled(4 * (65 - count));
      await market.connect(owner).post(order, describeOutput(65 - count), outputs);
      const description = { dtype: 1, count: 65 - count, rows: 65 - count, groupStart: 0, groupEnd: 1 };
      const claim = {
        programRoot: fromHex(String(order.programRoot)),
        paramsRoot: fromHex(String(order.paramsRoot)),
        inputsRoot: fromHex(String(order.inputsRoot)),
        outputsRoot: joinedRoot([commitment(description, rootOf(tensorTree(fromHex(outputs))))]),
        seed: BigInt(order.seed),
        symbols: BigInt(order.symbols),
        calls: 3,
      };
      const { chainId } = await world.ethers.provider.getNetwork();
      const hash = claimHash(claim, chainId, fromHex(await market.getAddress()));
      expect((await market.claimOf(claimId)).claimHash).to.equal(toHex(hash));
      await world.atDeadline(claimId);
      await market.finalise(claimId);
    }
  });

  it("refuses malformed outputs", async () => {
    const { market, owner } = world;
    const { order } = await world.accepted();
    const refused = async (descriptions: string, outputs: string, name: string) =>
      expect(market.connect(owner).post(order, descriptions, outputs)).to.be.revertedWithCustomError(market, name);
    await refused("0x", "0x", "InlineTensor_Descriptions");
    await refused(world.descriptions + "00", world.outputs, "InlineTensor_Descriptions");
    await refused(world.descriptions, world.outputs + "00", "InlineTensor_LeftOver");
    await refused(world.descriptions, world.outputs.slice(0, -2), "InlineTensor_WrongLength");
    await refused(world.descriptions.replace("0x01", "0x63"), world.outputs, "InlineTensor_UnknownType");
  });
});

describe("market: expiry", () => {
  let world: World;
  beforeEach(async () => (world = await makeWorld()));

  it("gives the fee back if nobody accepts", async () => {
    const { market, requester } = world;
    const { order, claimId } = await world.request();
    await expect(market.expire(order)).to.be.revertedWithCustomError(market, "InferenceMarket_TooEarly");
    await world.atDeadline(claimId);
    await market.expire(order);
    expect(await market.credits(requester.address)).to.equal(FEE);
    await expect(market.expire(order)).to.be.revertedWithCustomError(market, "InferenceMarket_WrongStatus");
  });

  it("a missed answer costs 1 % of the collateral, half of it burned, and the fee goes back", async () => {
    const { market, staking, requester, provider } = world;
    const { order, claimId } = await world.accepted();
    await world.atDeadline(claimId);
    await market.expire(order);
    const penalty = COLLATERAL / 100n;
    expect(await market.credits(requester.address)).to.equal(FEE + penalty / 2n);
    expect(await market.toBurn()).to.equal(penalty / 2n);
    const { stake, locked, owedTraceSeconds } = await staking.providerAt(provider);
    expect([stake, locked, owedTraceSeconds]).to.deep.equal([STAKE - penalty, 0n, 0n]);
  });

  it("re-assigns at most as often as asked, the fee staying in escrow", async () => {
    const { market, owner, requester } = world;
    const { order, claimId } = await world.request({ reassignments: 3n });
    for (let i = 0; i < 4; i++) {
      await market.connect(owner).accept(order);
      await world.atDeadline(claimId);
      await expect(market.expire(order)).to.emit(market, i < 3 ? "Reassigned" : "Refunded");
    }
    await expect(market.connect(owner).accept(order)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_WrongStatus",
    );
    expect(await market.credits(requester.address)).to.equal(FEE + (4n * COLLATERAL) / 200n);
  });

  it("lesson 13: a silent verifier never means paid: an unanswered claim cannot be finalised", async () => {
    const { market } = world;
    const { claimId } = await world.accepted();
    await world.atDeadline(claimId, 1000);
    await expect(market.finalise(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_WrongStatus");
  });
});

describe("market: disputes, with a game that does as told", () => {
  let world: World;
  beforeEach(async () => (world = await makeWorld()));

  it("only the game opens, closes, convicts and reimburses", async () => {
    const { market, stranger } = world;
    const { claimId } = await world.posted();
    const calls = [
      market.connect(stranger).openDispute(claimId),
      market.connect(stranger).closeDispute(claimId),
      market.connect(stranger).convict(claimId, stranger.address),
      market.connect(stranger).reimburse(claimId, stranger.address, 1),
    ];
    for (const call of calls) await expect(call).to.be.revertedWithCustomError(market, "InferenceMarket_NotGame");
  });

  it("hands the game the terms and pays nobody while a dispute is open", async () => {
    const { market, game, owner, clocks, parameters } = world;
    const { claimId } = await world.posted();
    const receipt = await world.mined(game.open(claimId));
    const opened = receipt.logs.map((log) => game.interface.parseLog(log)).find((log) => log?.name === "Opened")!;
    expect(opened.args.terms.toArray()).to.deep.equal([
      (await market.claimOf(claimId)).claimHash,
      owner.address,
      BigInt(clocks.providerBudgetSeconds),
      BigInt(clocks.challengerBudgetSeconds),
      parameters.game.traceFeeWei,
      parameters.game.delayFeeWei,
    ]);
    await game.open(claimId);
    await world.atDeadline(claimId);
    await expect(market.finalise(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_DisputeOpen");
    await game.close(claimId);
    await expect(market.finalise(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_DisputeOpen");
    await game.close(claimId);
    await market.finalise(claimId);
  });

  it("convicts: burns half, rewards the challenger after a delay, refunds the requester at once", async () => {
    const { market, staking, token, game, challenger, requester, provider, watcher } = world;
    const { claimId, order } = await world.posted();
    await game.open(claimId);
    await game.convict(claimId, challenger.address);
    expect((await staking.providerAt(provider)).stake).to.equal(STAKE - COLLATERAL);

    await market.refund(order);
    expect(await market.credits(requester.address)).to.equal(FEE + (COLLATERAL * 15n) / 100n);
    await expect(market.refund(order)).to.be.revertedWithCustomError(market, "InferenceMarket_WrongStatus");

    const pot = (COLLATERAL * 5n) / 100n;
    await game.reimburse(claimId, watcher.address, 1_000_000_000n);
    expect(await market.credits(watcher.address)).to.equal(10n ** 18n);
    await game.reimburse(claimId, watcher.address, 2n ** 200n);
    expect(await market.credits(watcher.address)).to.equal(pot);

    await expect(market.payReward(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_TooEarly");
    await world.networkHelpers.time.increase(world.parameters.market.rewardDelaySeconds);
    await market.payReward(claimId);
    await expect(market.payReward(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_NoReward");
    expect(await market.credits(challenger.address)).to.equal((COLLATERAL * 30n) / 100n);
    expect(await market.toBurn()).to.equal(COLLATERAL / 2n);

    for (const person of [requester, challenger, watcher]) {
      const credit = await market.credits(person.address);
      await expect(market.connect(person).withdrawCredit(credit)).to.changeTokenBalance(
        world.ethers,
        token,
        person,
        credit,
      );
    }
    await market.burn();
    expect(await token.balanceOf("0x000000000000000000000000000000000000dEaD")).to.equal(COLLATERAL / 2n);
    expect(await token.balanceOf(await market.getAddress())).to.equal(0n);
    await expect(game.convict(claimId, challenger.address)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_WrongStatus",
    );
  });

  it("burns what is left for gas when the reward is paid, and pays no gas after", async () => {
    const { market, game, challenger, watcher } = world;
    const { claimId } = await world.posted();
    await game.open(claimId);
    await game.convict(claimId, challenger.address);
    await world.networkHelpers.time.increase(world.parameters.market.rewardDelaySeconds);
    await market.payReward(claimId);
    expect(await market.toBurn()).to.equal((COLLATERAL * 55n) / 100n);
    await game.reimburse(claimId, watcher.address, 1000n);
    expect(await market.credits(watcher.address)).to.equal(0n);
  });

  it("the guardian puts a reward off once, at most seven days, and can do nothing else", async () => {
    const guarded = await makeWorld((p) => ({
      ...p,
      market: { ...p.market, guardian: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" },
    }));
    const { market, game, owner, challenger, requester } = guarded;
    const { claimId, order } = await guarded.posted();
    await expect(market.connect(owner).freezeReward(claimId)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_NoReward",
    );
    await game.open(claimId);
    await game.convict(claimId, challenger.address);
    await expect(market.connect(requester).freezeReward(claimId)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_NotGuardian",
    );
    const { rewardReleasedAt } = await market.claimOf(claimId);
    await market.connect(owner).freezeReward(claimId);
    const later = rewardReleasedAt + BigInt(guarded.parameters.market.guardianFreezeSeconds);
    expect((await market.claimOf(claimId)).rewardReleasedAt).to.equal(later);
    await expect(market.connect(owner).freezeReward(claimId)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_AlreadyFrozen",
    );
    await market.refund(order);
    await market.connect(requester).withdrawCredit(FEE);
    await guarded.networkHelpers.time.setNextBlockTimestamp(later - 1n);
    await expect(market.payReward(claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_TooEarly");
    await guarded.networkHelpers.time.setNextBlockTimestamp(later);
    await market.payReward(claimId);
  });

  it("lesson 7: who convicts itself, as requester and challenger too, loses the burned half", async () => {
    const { market, staking, game, owner, provider } = world;
    const { claimId, order } = await world.posted({}, owner);
    await game.open(claimId);
    await game.convict(claimId, owner.address);
    await market.refund(order);
    await world.networkHelpers.time.increase(world.parameters.market.rewardDelaySeconds);
    await market.payReward(claimId);
    const back = (await market.credits(owner.address)) - FEE;
    const lost = STAKE - (await staking.providerAt(provider)).stake;
    expect(lost - back).to.be.at.least(lost / 2n);
  });
});

describe("market: money out", () => {
  let world: World;
  before(async () => (world = await makeWorld()));

  it("pays earnings to the provider's owner, less the cut rounded up", async () => {
    const { market, token, owner, stranger, deployer, provider } = world;
    const fee = 10_001n;
    await world.finalised({ fee });
    expect(await market.earnings(provider)).to.equal(fee);
    await expect(market.connect(stranger).withdrawEarnings(provider)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_NotOwner",
    );
    await expect(market.connect(owner).withdrawEarnings(provider)).to.changeTokenBalance(
      world.ethers,
      token,
      owner,
      fee - 101n,
    );
    expect(await market.credits(deployer.address)).to.equal(101n);
  });

  it("refuses more than the credit", async () => {
    await expect(world.market.connect(world.stranger).withdrawCredit(1n)).to.be.revertedWithCustomError(
      world.market,
      "InferenceMarket_CreditTooLow",
    );
  });

  it("names its game once, by its deployer", async () => {
    const { market, stranger, deployer } = world;
    await expect(market.connect(stranger).nameGame(NOBODY)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_NotDeployer",
    );
    await expect(market.connect(deployer).nameGame(stranger.address)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_GameNamed",
    );
  });
});
