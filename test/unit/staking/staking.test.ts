import { expect } from "chai";
import { network } from "hardhat";
import type { Staking } from "../../../packages/protocol/src/index.ts";

const MODEL = "0x" + "11".repeat(32);
const DELAY = 1000n;

async function makeWorld() {
  const { ethers, networkHelpers } = await network.create();
  const [, owner, other, key] = await ethers.getSigners();
  const token = await ethers.deployContract("TestToken", [18]);
  const market = await ethers.deployContract("SoloMarket", [await token.getAddress(), DELAY]);
  const staking = (await ethers.getContractAt("Staking", await market.STAKING())) as unknown as Staking;
  for (const person of [owner, other]) {
    await token.mint(person.address, 10n ** 30n);
    await token.connect(person).approve(await staking.getAddress(), 2n ** 256n - 1n);
  }
  await expect(staking.connect(owner).join(100, "")).to.be.revertedWithCustomError(staking, "Staking_NoGame");
  await market.nameGame(other.address);
  await staking.connect(owner).join(1000, "https://provider.example");
  await staking.connect(owner).serve(1, MODEL, 1, 5n);
  const now = async () => BigInt(await networkHelpers.time.latest());
  const at = (time: bigint) => networkHelpers.time.setNextBlockTimestamp(time);
  const lock = async (amount: bigint, latestEnd = 0n) => market.lock(owner.address, MODEL, amount, latestEnd);
  const slash = async (amount: bigint, slashed = amount) => market.slash(1, amount, slashed, 1);
  return { ethers, token, market, staking, owner, other, key, now, at, lock, slash };
}

describe("staking: keys", () => {
  it("rotates the operator with the consent of both, and a key serves one provider", async () => {
    const { staking, market, owner, other, key } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await expect(staking.connect(key).becomeOperator(1)).to.be.revertedWithCustomError(staking, "Staking_NotProposed");
    await expect(staking.connect(other).proposeOperator(1, key.address)).to.be.revertedWithCustomError(
      staking,
      "Staking_NotOwner",
    );
    await staking.connect(owner).proposeOperator(1, key.address);
    await staking.connect(key).becomeOperator(1);
    expect(await staking.providerOf(key.address)).to.equal(1n);
    expect(await staking.providerOf(owner.address)).to.equal(0n);
    await expect(market.lock(owner.address, MODEL, 1n, 0n)).to.be.revertedWithCustomError(
      staking,
      "Staking_NotOperator",
    );
    await market.lock(key.address, MODEL, 1n, 0n);
    await expect(staking.connect(key).join(1, "")).to.be.revertedWithCustomError(staking, "Staking_KeyInUse");
    await staking.connect(other).join(1, "");
    await staking.connect(owner).proposeOperator(1, other.address);
    await expect(staking.connect(other).becomeOperator(1)).to.be.revertedWithCustomError(staking, "Staking_KeyInUse");
  });

  it("bounds the capacity and reports what is published", async () => {
    const { staking, owner } = await makeWorld();
    await expect(staking.connect(owner).setCapacity(1, 1001)).to.be.revertedWithCustomError(
      staking,
      "Staking_CapacityTooLarge",
    );
    await staking.connect(owner).setCapacity(1, 7);
    expect((await staking.providerAt(1)).capacitySeconds).to.equal(7n);
    expect(await staking.servedBy(1, MODEL)).to.deep.equal([1n, 5n]);
    await expect(staking.connect(owner).setEndpoint(1, "x")).to.emit(staking, "EndpointChanged");
  });

  it("only the market locks, unlocks and slashes", async () => {
    const { staking, owner } = await makeWorld();
    for (const call of [
      staking.connect(owner).lock(owner.address, MODEL, 1n, 0n),
      staking.connect(owner).unlock(1, 1n, 1n),
      staking.connect(owner).slash(1, 1n, 1n, 1n),
    ])
      await expect(call).to.be.revertedWithCustomError(staking, "Staking_NotMarket");
  });
});

describe("staking: locks", () => {
  it("locks no more than is there and not leaving", async () => {
    const { staking, owner, lock } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await expect(lock(101n)).to.be.revertedWithCustomError(staking, "Staking_NotEnoughStake");
    await lock(60n);
    await staking.connect(owner).unbond(1, 30n);
    await expect(lock(11n)).to.be.revertedWithCustomError(staking, "Staking_NotEnoughStake");
    await lock(10n);
    const { stake, locked, leaving, unlocked } = await staking.providerAt(1);
    expect([stake, locked, leaving, unlocked]).to.deep.equal([100n, 70n, 30n, 0n]);
  });

  it("frees no more than was locked, and slashes no more than it frees", async () => {
    const { staking, market, owner, lock, slash } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await lock(10n);
    await expect(market.unlock(1, 11n, 1n)).to.be.revertedWithCustomError(staking, "Staking_UnlockAboveLock");
    await expect(slash(10n, 11n)).to.be.revertedWithCustomError(staking, "Staking_UnlockAboveLock");
    await slash(10n, 4n);
    const { stake, locked } = await staking.providerAt(1);
    expect([stake, locked]).to.deep.equal([96n, 0n]);
  });
});

describe("staking: lessons of others", () => {
  it("lesson 1: a complete unbonding does not stop a slash", async () => {
    const { staking, owner, lock, slash } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await lock(40n);
    await staking.connect(owner).unbond(1, 100n);
    await slash(40n);
    expect((await staking.entryOf(1, 1)).amount).to.equal(60n);
  });

  it("lesson 1: a matured but untaken entry still answers for what is locked", async () => {
    const { staking, owner, lock, slash, now, at } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await lock(40n);
    await staking.connect(owner).unbond(1, 100n);
    await at((await now()) + 10n * DELAY);
    await expect(staking.connect(owner).withdraw(1, 1)).to.be.revertedWithCustomError(staking, "Staking_StillLocked");
    await slash(40n);
    await expect(staking.connect(owner).withdraw(1, 1))
      .to.emit(staking, "Withdrawn")
      .withArgs(1, 1, owner.address, 60n);
  });

  it("lesson 2: slashes commute to the wei, with stake leaving and odd amounts", async () => {
    const slashes = [7n, 11n, 13n, 1n];
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ];
    const ends: unknown[] = [];
    for (const order of orders) {
      const { staking, owner, lock, slash } = await makeWorld();
      await staking.connect(owner).deposit(1, 101n);
      for (const amount of slashes) await lock(amount);
      await staking.connect(owner).unbond(1, 33n);
      await staking.connect(owner).unbond(1, 17n);
      for (const i of order) await slash(slashes[i]);
      const { stake, leaving } = await staking.providerAt(1);
      ends.push([stake, leaving, (await staking.entryOf(1, 1)).amount, (await staking.entryOf(1, 2)).amount]);
    }
    expect(ends[1]).to.deep.equal(ends[0]);
    expect(ends[2]).to.deep.equal(ends[0]);
  });

  it("lesson 3: what leaves is slashed pro rata, rounded against who leaves", async () => {
    const { staking, owner, lock, slash } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await lock(33n);
    await staking.connect(owner).unbond(1, 50n);
    await slash(33n);
    expect((await staking.entryOf(1, 1)).amount).to.equal(33n);
    expect((await staking.providerAt(1)).leaving).to.equal(34n);
  });

  it("lesson 3: an entry matures at its second, not before", async () => {
    for (const offset of [-1n, 0n, 1n]) {
      const { staking, owner, now, at } = await makeWorld();
      await staking.connect(owner).deposit(1, 100n);
      await staking.connect(owner).unbond(1, 100n);
      const maturesAt = (await now()) + DELAY;
      expect((await staking.entryOf(1, 1)).maturesAt).to.equal(maturesAt);
      await at(maturesAt + offset);
      const withdrawal = staking.connect(owner).withdraw(1, 1);
      if (offset < 0n) await expect(withdrawal).to.be.revertedWithCustomError(staking, "Staking_NotMature");
      else await withdrawal;
    }
  });

  it("lesson 3: an entry waits for the latest end that was locked when it began, not for later ones", async () => {
    const { staking, owner, lock, now } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    const latestEnd = (await now()) + 5n * DELAY;
    await lock(10n, latestEnd);
    await staking.connect(owner).unbond(1, 20n);
    await lock(10n, latestEnd + 7n);
    expect((await staking.entryOf(1, 1)).maturesAt).to.equal(latestEnd);
  });

  it("lesson 3: the last withdrawal is not bricked by rounding", async () => {
    const { staking, owner, lock, slash, now, at, token } = await makeWorld();
    await staking.connect(owner).deposit(1, 1001n);
    await lock(334n);
    for (const amount of [7n, 11n, 500n]) await staking.connect(owner).unbond(1, amount);
    await slash(334n);
    await staking.connect(owner).unbond(1, (await staking.providerAt(1)).unlocked);
    await at((await now()) + DELAY);
    for (const entry of [3, 1, 4, 2]) await staking.connect(owner).withdraw(1, entry);
    expect((await staking.providerAt(1)).stake).to.equal(0n);
    expect(await token.balanceOf(await staking.getAddress())).to.equal(await staking.uncollected());
  });

  it("lesson 5: after a total slash old shares are worth nothing and a new deposit works", async () => {
    const { staking, owner, lock, slash, now, at, token } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await lock(100n);
    await staking.connect(owner).unbond(1, 60n);
    await slash(100n);
    expect((await staking.entryOf(1, 1)).amount).to.equal(0n);
    await staking.connect(owner).deposit(1, 50n);
    const { stake, unlocked } = await staking.providerAt(1);
    expect([stake, unlocked]).to.deep.equal([50n, 50n]);
    await at((await now()) + DELAY);
    const before = await token.balanceOf(owner.address);
    await staking.connect(owner).withdraw(1, 1);
    expect(await token.balanceOf(owner.address)).to.equal(before);
    await lock(50n);
  });

  it("lesson 5: shares do not inflate: a pool worn to almost nothing takes no deposit, but pays out", async () => {
    const { staking, owner, lock, slash, now, at } = await makeWorld();
    const stake = 2n ** 90n;
    await staking.connect(owner).deposit(1, stake);
    await lock(stake - 1n);
    await slash(stake - 1n);
    await expect(staking.connect(owner).deposit(1, stake)).to.be.revertedWithCustomError(
      staking,
      "Staking_PoolWornOut",
    );
    await staking.connect(owner).unbond(1, 1n);
    await at((await now()) + DELAY);
    await staking.connect(owner).withdraw(1, 1);
    await staking.connect(owner).deposit(1, stake);
    expect((await staking.providerAt(1)).unlocked).to.equal(stake);
  });

  it("lesson 6: slashed tokens wait for the market, which anybody can have them sent to", async () => {
    const { staking, market, owner, token, lock, slash, other } = await makeWorld();
    await staking.connect(owner).deposit(1, 100n);
    await lock(40n);
    await slash(40n);
    expect(await staking.uncollected()).to.equal(40n);
    await staking.connect(other).collect();
    expect(await token.balanceOf(await market.getAddress())).to.equal(40n);
    expect(await token.balanceOf(await staking.getAddress())).to.equal(60n);
  });

  it("refuses nothing-deposits, strangers' withdrawals and an entry's second payment", async () => {
    const { staking, owner, other, now, at } = await makeWorld();
    await expect(staking.connect(owner).deposit(1, 0n)).to.be.revertedWithCustomError(staking, "Staking_ZeroAmount");
    await expect(staking.connect(owner).deposit(9, 1n)).to.be.revertedWithCustomError(staking, "Staking_NotOwner");
    await staking.connect(other).deposit(1, 100n);
    await expect(staking.connect(owner).unbond(1, 101n)).to.be.revertedWithCustomError(
      staking,
      "Staking_NotEnoughStake",
    );
    await staking.connect(owner).unbond(1, 100n);
    await at((await now()) + DELAY);
    await expect(staking.connect(other).withdraw(1, 1)).to.be.revertedWithCustomError(staking, "Staking_NotOwner");
    await staking.connect(owner).withdraw(1, 1);
    await expect(staking.connect(owner).withdraw(1, 1)).to.be.revertedWithCustomError(staking, "Staking_NoEntry");
  });
});
