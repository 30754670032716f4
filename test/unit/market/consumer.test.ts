import { expect } from "chai";
import type { BytesLike } from "ethers";
import { FEE, describeOutput, makeWorld, type World } from "../../helpers/marketWorld.ts";

/** Finality codes of the contract. */
const FINAL = 0n;
const POSTED = 1n;

/** Binary32 patterns, little-endian. */
const scores = (...numbers: number[]): string => {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => view.setFloat32(4 * i, number, true));
  return `0x${Buffer.from(view.buffer).toString("hex")}`;
};

describe("market: consumers", () => {
  let world: World;
  beforeEach(async () => (world = await makeWorld()));

  const finaliseAndCall = async (asked: Awaited<ReturnType<World["posted"]>>, overrides = {}) => {
    await world.atDeadline(asked.claimId);
    return world.market.finaliseAndCall(
      asked.order,
      world.ethers.ZeroHash,
      world.descriptions,
      world.outputs,
      overrides,
    );
  };

  it("calls the example consumer with the answer that stands", async () => {
    const { market, owner, ethers } = world;
    const consumer = await ethers.deployContract("DigitConsumer", [await market.getAddress()]);
    const asked = await world.accepted({ callback: await consumer.getAddress(), callbackGas: 300_000n });
    const outputs = scores(-3, 0.5, -0, 7.25, 7, 0, 1, 2, 3, -8);
    await market.connect(owner).post(asked.order, describeOutput(10), outputs);
    await expect(market.finalise(asked.claimId)).to.be.revertedWithCustomError(market, "InferenceMarket_CallbackDue");
    await world.atDeadline(asked.claimId);
    const call = market.finaliseAndCall(asked.order, ethers.ZeroHash, describeOutput(10), outputs);
    await expect(call).to.emit(consumer, "Recognised").withArgs(asked.claimId, 3n, FINAL);
  });

  it("calls once, as soon as the answer is posted, where that finality was asked for", async () => {
    const { market, owner, ethers } = world;
    const consumer = await ethers.deployContract("DigitConsumer", [await market.getAddress()]);
    const part = { callback: await consumer.getAddress(), callbackGas: 300_000n, finality: POSTED };
    const asked = await world.accepted(part);
    await expect(market.connect(owner).post(asked.order, world.descriptions, world.outputs))
      .to.emit(market, "CalledBack")
      .withArgs(asked.claimId, part.callback, POSTED, true);
    await world.atDeadline(asked.claimId);
    await market.finalise(asked.claimId);
  });

  it("refuses another answer than the posted one, and another form of it", async () => {
    const { market, ethers } = world;
    const callback = world.stranger.address;
    const asked = await world.posted({ callback });
    await world.atDeadline(asked.claimId);
    const finalise = (descriptions: BytesLike, outputs: BytesLike) =>
      market.finaliseAndCall(asked.order, ethers.ZeroHash, descriptions, outputs);
    const wrong = "InferenceMarket_WrongOutputs";
    await expect(finalise(describeOutput(63), `0x${world.outputs.slice(2, -8)}`)).to.be.revertedWithCustomError(
      market,
      wrong,
    );
    await expect(finalise("0x", "0x")).to.be.revertedWithCustomError(market, "InlineTensor_Descriptions");
    await finalise(world.descriptions, world.outputs);

    const root = ethers.id("outputs");
    const large = await world.accepted({ callback });
    await market.connect(world.owner).postRoot(large.order, root, "ipfs://outputs");
    await world.atDeadline(large.claimId);
    await expect(
      market.finaliseAndCall(large.order, root, world.descriptions, world.outputs),
    ).to.be.revertedWithCustomError(market, wrong);
    await expect(market.finaliseAndCall(large.order, ethers.ZeroHash, "0x", "0x")).to.be.revertedWithCustomError(
      market,
      wrong,
    );
    await market.finaliseAndCall(large.order, root, "0x", "0x");
    const calm = await world.posted();
    await world.atDeadline(calm.claimId);
    await expect(
      market.finaliseAndCall(calm.order, ethers.ZeroHash, world.descriptions, world.outputs),
    ).to.be.revertedWithCustomError(market, "InferenceMarket_NoCallback");
  });

  it("pays although the consumer reverts, eats its gas or returns a bomb", async () => {
    const { market, provider, ethers } = world;
    for (const manner of [0, 1, 2]) {
      const consumer = await ethers.deployContract("BadConsumer", [manner]);
      const asked = await world.posted({ callback: await consumer.getAddress(), callbackGas: 300_000n });
      const before = await market.earnings(provider);
      const sent = await finaliseAndCall(asked);
      await expect(sent)
        .to.emit(market, "CalledBack")
        .withArgs(asked.claimId, await consumer.getAddress(), FINAL, false);
      expect(await market.earnings(provider)).to.equal(before + FEE);
      expect((await sent.wait())!.gasUsed).to.be.at.most(500_000n);
    }
  });

  it("63/64: whoever ends a claim cannot starve the consumer: it has all its gas or nothing happens", async () => {
    const { market, ethers } = world;
    const consumer = await ethers.deployContract("BusyConsumer");
    const callbackGas = 300_000n;
    const asked = await world.posted({ callback: await consumer.getAddress(), callbackGas });
    await world.atDeadline(asked.claimId);
    const end = (gasLimit: bigint) =>
      market.finaliseAndCall(asked.order, ethers.ZeroHash, world.descriptions, world.outputs, { gasLimit });
    for (let gasLimit = 200_000n; (await market.claimOf(asked.claimId)).status !== 4n; gasLimit += 7_000n) {
      try {
        await (await end(gasLimit)).wait();
      } catch {
        expect(await consumer.times()).to.equal(0n);
      }
    }
    expect(await consumer.times()).to.equal(1n);
    expect(await consumer.gasSeen()).to.be.within(callbackGas - 5_000n, callbackGas);
  });

  it("lesson 9: a consumer that re-enters gains nothing: each claim is paid once", async () => {
    const { market, provider, ethers, owner } = world;
    const consumer = await ethers.deployContract("BusyConsumer");
    const asked = await world.posted({ callback: await consumer.getAddress(), callbackGas: 1_000_000n });
    const again = market.interface.encodeFunctionData("finaliseAndCall", [
      asked.order,
      ethers.ZeroHash,
      world.descriptions,
      world.outputs,
    ]);
    await consumer.arm(await market.getAddress(), again);
    await finaliseAndCall(asked);
    expect(await consumer.times()).to.equal(1n);
    expect(await consumer.succeeded()).to.equal(false);
    expect(await market.earnings(provider)).to.equal(FEE);

    const early = await world.accepted({ callback: await consumer.getAddress(), callbackGas: 500_000n, finality: 1n });
    const convict = world.game.interface.encodeFunctionData("convict", [early.claimId, await consumer.getAddress()]);
    await consumer.arm(await market.getAddress(), convict);
    await market.connect(owner).post(early.order, world.descriptions, world.outputs);
    expect(await consumer.succeeded()).to.equal(false);
  });

  it("lets a consumer ask again from within its callback", async () => {
    const { market, requester, ethers } = world;
    const consumer = await ethers.deployContract("BusyConsumer");
    await market.connect(requester).addCredit(await consumer.getAddress(), FEE);
    const asked = await world.posted({ callback: await consumer.getAddress(), callbackGas: 1_000_000n });
    const next = market.interface.encodeFunctionData("request", [world.requestOf(), world.outputs]);
    await consumer.arm(await market.getAddress(), next);
    await finaliseAndCall(asked);
    expect(await consumer.succeeded()).to.equal(true);
    expect(await market.credits(await consumer.getAddress())).to.equal(0n);
  });

  it("the base consumer hears only its market, and rejects private input", async () => {
    const { market, requester, owner, ethers } = world;
    const consumer = await ethers.deployContract("DigitConsumer", [await market.getAddress()]);
    const inference = {
      claimId: 1n,
      modelId: ethers.ZeroHash,
      inputsRoot: ethers.ZeroHash,
      outputsRoot: ethers.ZeroHash,
      privateInput: false,
      finality: 0n,
      descriptions: "0x",
      outputs: "0x",
    };
    await expect(consumer.onInference(inference)).to.be.revertedWithCustomError(
      consumer,
      "InferenceConsumer_NotMarket",
    );
    const part = { callback: await consumer.getAddress(), callbackGas: 300_000n };
    const receipt = await world.mined(
      market.connect(requester).requestPrivately(world.requestOf(part), ethers.id("inputs"), "https://input.example"),
    );
    const asked = world.orderIn(receipt);
    await market.connect(owner).accept(asked.order);
    await market.connect(owner).post(asked.order, world.descriptions, world.outputs);
    await expect(await finaliseAndCall(asked))
      .to.emit(market, "CalledBack")
      .withArgs(asked.claimId, part.callback, FINAL, false);
  });
});

describe("market: weird tokens", () => {
  const worldWith = (name: string) => makeWorld((parameters) => parameters, name);

  it("a token that takes a fee is refused at every door", async () => {
    const { market, staking, token, requester, provider, requestOf, stake, outputs } = await worldWith("FeeToken");
    await expect(stake()).to.be.revertedWithCustomError(staking, "Staking_TokenTookFee");
    await expect(market.connect(requester).request(requestOf(), outputs)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_TokenTookFee",
    );
    await expect(market.connect(requester).addCredit(requester.address, 100n)).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_TokenTookFee",
    );
    expect((await staking.providerAt(provider)).stake).to.equal(0n);
    expect(await token.balanceOf(await market.getAddress())).to.equal(0n);
  });

  it("a token that returns nothing works", async () => {
    const world = await worldWith("SilentToken");
    await world.stake();
    await world.finalised();
    await world.market.connect(world.owner).withdrawEarnings(world.provider);
  });

  it("lesson 1: a token that refuses transfers cannot stop a slash, a refund or a reward", async () => {
    const world = await worldWith("StubbornToken");
    const { market, game, challenger, requester, ethers } = world;
    await world.stake();
    const { claimId, order } = await world.posted();
    const stubborn = await ethers.getContractAt("StubbornToken", await world.token.getAddress());
    await stubborn.refuse(true);
    await game.open(claimId);
    await game.convict(claimId, challenger.address);
    await market.refund(order);
    await world.networkHelpers.time.increase(world.parameters.market.rewardDelaySeconds);
    await market.payReward(claimId);
    expect(await market.credits(requester.address)).to.be.above(FEE);
    expect(await market.credits(challenger.address)).to.be.above(0n);
    await stubborn.refuse(false);
    await market.connect(requester).withdrawCredit(await market.credits(requester.address));
  });

  it("lesson 9: a token that re-enters finds every door shut that moves tokens", async () => {
    const world = await worldWith("ReentrantToken");
    const { market, staking, owner, requester, provider, ethers } = world;
    await world.stake();
    await world.finalised();
    await market.connect(requester).addCredit(requester.address, 100n);
    const token = await ethers.getContractAt("ReentrantToken", await world.token.getAddress());
    const doors: [string, string][] = [
      [await market.getAddress(), market.interface.encodeFunctionData("addCredit", [requester.address, 1n])],
      [await market.getAddress(), market.interface.encodeFunctionData("withdrawCredit", [1n])],
      [await market.getAddress(), market.interface.encodeFunctionData("withdrawEarnings", [provider])],
      [await market.getAddress(), market.interface.encodeFunctionData("burn")],
      [await market.getAddress(), market.interface.encodeFunctionData("request", [world.requestOf(), world.outputs])],
    ];
    const calls = [
      () => market.connect(requester).addCredit(requester.address, 1n),
      () => market.connect(requester).withdrawCredit(1n),
      () => market.connect(owner).withdrawEarnings(provider),
      () => market.burn(),
      () => market.connect(requester).request(world.requestOf({ fee: 10n ** 24n }), world.outputs),
    ];
    const entered = market.interface.encodeErrorResult("ReentrancyGuard_Entered", []);
    for (const call of calls)
      for (const [target, data] of doors) {
        await token.arm(target, data);
        await expect(call()).to.emit(token, "Reentered").withArgs(false, entered);
      }
    const stakingDoors = [
      staking.interface.encodeFunctionData("deposit", [provider, 1n]),
      staking.interface.encodeFunctionData("collect"),
      staking.interface.encodeFunctionData("withdraw", [provider, 1]),
    ];
    for (const data of stakingDoors) {
      await token.arm(await staking.getAddress(), data);
      await expect(staking.connect(owner).deposit(provider, 1n)).to.emit(token, "Reentered").withArgs(false, entered);
    }
  });
});
