/**
 * Random walks of everybody around market and staking, in which every call is one that should succeed, with conservation
 * checked after each. Laws are named as in docs/invariants.md. `MARKET_WALK_STEPS` sets the length, `MARKET_WALK_SEED`
 * repeats a walk.
 *
 * @weight 40
 */
import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { FEE, STAKE, filled, makeWorld, type Order, type World } from "../helpers/marketWorld.ts";

const STEPS = Number(process.env.MARKET_WALK_STEPS ?? 600);
const SEEDS = process.env.MARKET_WALK_SEED === undefined ? [1, 2] : [Number(process.env.MARKET_WALK_SEED)];
const BPS = 10_000n;

/** How often each thing must have been done per hundred steps, or the walk tested nothing. */
const LEAST_PER_HUNDRED = 0.5;
/** Seconds that pass at a time, at most: both stake that matures and windows that close are met. */
const LONGEST_WAIT = 250;

/** mulberry32: a small generator that repeats. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Stage = "requested" | "accepted" | "posted" | "convicted" | "over";

/** The model: what the market should think of a claim. */
interface Entry {
  readonly claimId: bigint;
  readonly order: Order;
  readonly fee: bigint;
  readonly acceptSeconds: bigint;
  stage: Stage;
  provider: number;
  time: bigint;
  again: number;
  open: number;
  refunded: boolean;
  rewarded: boolean;
  releasedAt: bigint;
  reimbursed: bigint;
  /** Nobody wants it, or who takes it will not answer. */
  shunned: boolean;
}

class Walk {
  readonly world: World;
  readonly random: () => number;
  readonly claims: Entry[] = [];
  readonly counts = new Map<string, number>();
  readonly owners: HardhatEthersSigner[];
  readonly people: HardhatEthersSigner[];
  readonly entries: { provider: number; entry: number; maturesAt: bigint }[] = [];
  now = 0n;
  deposited = 0n;
  withdrawn = 0n;
  escrowedByTransfer = 0n;
  paidOut = 0n;
  burnedOut = 0n;

  constructor(world: World, seed: number) {
    this.world = world;
    this.random = generator(seed);
    this.owners = [world.owner, world.operator];
    this.people = [world.requester, world.challenger, world.stranger, world.owner];
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)];
  }

  upTo(limit: bigint): bigint {
    return (limit * BigInt(Math.floor(this.random() * 2 ** 30))) / 2n ** 30n;
  }

  collateralOf(fee: bigint): bigint {
    return (fee * BigInt(this.world.parameters.market.collateralRatioBps) + BPS - 1n) / BPS;
  }

  split(fee: bigint) {
    const { slashBurnBps, slashChallengerBps, slashGasBps } = this.world.parameters.market;
    const collateral = this.collateralOf(fee);
    const reward = (collateral * BigInt(slashChallengerBps)) / BPS;
    const gas = (collateral * BigInt(slashGasBps)) / BPS;
    const requester = (collateral * (BPS - BigInt(slashBurnBps + slashChallengerBps + slashGasBps))) / BPS;
    return { collateral, reward, gas, requester, burned: collateral - reward - gas - requester };
  }

  in(stage: Stage, when: (entry: Entry) => boolean = () => true): Entry | undefined {
    return this.pick(this.claims.filter((entry) => entry.stage === stage && when(entry)));
  }

  async tick(): Promise<void> {
    this.now = BigInt(await this.world.networkHelpers.time.latest());
  }

  readonly actions: Record<string, () => Promise<boolean>> = {
    request: async () => {
      const from = this.pick(this.people)!;
      const fee = 10_000n + this.upTo(FEE);
      const reassignments = BigInt(Math.floor(this.random() * 4));
      const credit = await this.world.market.credits(from.address);
      const { claimId, order } = await this.world.request(
        { fee, reassignments, acceptSeconds: 200n },
        from,
        filled(256),
      );
      if (credit < fee) this.escrowedByTransfer += fee;
      await this.tick();
      this.claims.push({
        ...{ claimId, order, fee, acceptSeconds: 200n, stage: "requested", provider: 0 },
        ...{ time: this.now + 200n, again: Number(reassignments), open: 0, refunded: false, rewarded: false },
        ...{ releasedAt: 0n, reimbursed: 0n, shunned: this.random() < 0.15 },
      });
      return true;
    },
    accept: async () => {
      const { staking, market } = this.world;
      const provider = this.random() < 0.5 ? 1 : 2;
      const { unlocked, owedTraceSeconds } = await staking.providerAt(provider);
      const entry = this.in(
        "requested",
        ({ time, fee, shunned }) => !shunned && time > this.now + 2n && this.collateralOf(fee) <= unlocked,
      );
      if (entry === undefined || owedTraceSeconds + 10n > 100n) return false;
      await market.connect(this.owners[provider - 1]).accept(entry.order);
      await this.tick();
      Object.assign(entry, { stage: "accepted", provider, time: this.now + 300n, shunned: this.random() < 0.3 });
      return true;
    },
    post: async () => {
      const entry = this.in("accepted", ({ time, shunned }) => !shunned && time > this.now + 2n);
      if (entry === undefined) return false;
      const { market, descriptions, outputs, clocks } = this.world;
      await market.connect(this.owners[entry.provider - 1]).post(entry.order, descriptions, outputs);
      await this.tick();
      Object.assign(entry, { stage: "posted", time: this.now + BigInt(clocks.windowSeconds) });
      return true;
    },
    finalise: async () => {
      const entry = this.in("posted", ({ time, open }) => open === 0 && time <= this.now);
      if (entry === undefined) return false;
      await this.world.market.finalise(entry.claimId);
      entry.stage = "over";
      return true;
    },
    expire: async () => {
      const entry = this.pick(
        this.claims.filter(({ stage, time }) => (stage === "requested" || stage === "accepted") && time <= this.now),
      );
      if (entry === undefined) return false;
      await this.world.market.expire(entry.order);
      await this.tick();
      if (entry.stage === "accepted" && entry.again > 0)
        Object.assign(entry, { stage: "requested", again: entry.again - 1, time: this.now + entry.acceptSeconds });
      else entry.stage = "over";
      return true;
    },
    open: async () => {
      const entry = this.in("posted", ({ time }) => time > this.now + 2n);
      if (entry === undefined) return false;
      await this.world.game.open(entry.claimId);
      entry.open += 1;
      return true;
    },
    close: async () => {
      const entry = this.in("posted", ({ open }) => open > 0);
      if (entry === undefined) return false;
      await this.world.game.close(entry.claimId);
      entry.open -= 1;
      return true;
    },
    convict: async () => {
      const entry = this.in("posted", ({ open }) => open > 0);
      if (entry === undefined) return false;
      await this.world.game.convict(entry.claimId, this.pick(this.people)!.address);
      await this.tick();
      entry.releasedAt = this.now + BigInt(this.world.parameters.market.rewardDelaySeconds);
      entry.stage = "convicted";
      return true;
    },
    reimburse: async () => {
      const entry = this.in("convicted", ({ rewarded }) => !rewarded);
      if (entry === undefined) return false;
      const gas = this.upTo(1_000_000_000n);
      await this.world.game.reimburse(entry.claimId, this.pick(this.people)!.address, gas);
      const left = this.split(entry.fee).gas - entry.reimbursed;
      const asked = gas * this.world.parameters.market.unitsPerGas;
      entry.reimbursed += asked < left ? asked : left;
      return true;
    },
    refund: async () => {
      const entry = this.in("convicted", ({ refunded }) => !refunded);
      if (entry === undefined) return false;
      await this.world.market.refund(entry.order);
      entry.refunded = true;
      return true;
    },
    payReward: async () => {
      const entry = this.in("convicted", ({ rewarded, releasedAt }) => !rewarded && releasedAt <= this.now);
      if (entry === undefined) return false;
      await this.world.market.payReward(entry.claimId);
      entry.rewarded = true;
      return true;
    },
    withdrawCredit: async () => {
      const person = this.pick(this.people)!;
      const amount = this.upTo(await this.world.market.credits(person.address));
      if (amount === 0n) return false;
      await this.world.market.connect(person).withdrawCredit(amount);
      this.paidOut += amount;
      return true;
    },
    withdrawEarnings: async () => {
      const provider = this.random() < 0.5 ? 1 : 2;
      const earned = await this.world.market.earnings(provider);
      if (earned === 0n) return false;
      const cut = (earned * BigInt(this.world.parameters.market.protocolCutBps) + BPS - 1n) / BPS;
      await this.world.market.connect(this.owners[provider - 1]).withdrawEarnings(provider);
      this.paidOut += earned - cut;
      return true;
    },
    burn: async () => {
      const amount = await this.world.market.toBurn();
      if (amount === 0n) return false;
      await this.world.market.burn();
      this.burnedOut += amount;
      return true;
    },
    collect: async () => {
      if ((await this.world.staking.uncollected()) === 0n) return false;
      await this.world.staking.collect();
      return true;
    },
    deposit: async () => {
      const amount = 1n + this.upTo(STAKE);
      await this.world.staking.connect(this.pick(this.people)!).deposit(this.random() < 0.5 ? 1 : 2, amount);
      this.deposited += amount;
      return true;
    },
    unbond: async () => {
      const provider = this.random() < 0.5 ? 1 : 2;
      const { stake, leaving } = await this.world.staking.providerAt(provider);
      const amount = this.upTo(stake - leaving) / 2n;
      if (amount === 0n) return false;
      const { staking } = this.world;
      const entry = await staking.connect(this.owners[provider - 1]).unbond.staticCall(provider, amount);
      await staking.connect(this.owners[provider - 1]).unbond(provider, amount);
      const { maturesAt } = await staking.entryOf(provider, entry);
      this.entries.push({ provider, entry: Number(entry), maturesAt });
      return true;
    },
    withdraw: async () => {
      const { staking } = this.world;
      for (const [i, { provider, entry, maturesAt }] of this.entries.entries()) {
        if (maturesAt > this.now) continue;
        const { amount } = await staking.entryOf(provider, entry);
        const { stake, locked } = await staking.providerAt(provider);
        if (stake - amount < locked) continue;
        await staking.connect(this.owners[provider - 1]).withdraw(provider, entry);
        this.withdrawn += amount;
        this.entries.splice(i, 1);
        return true;
      }
      return false;
    },
    wait: async () => {
      await this.world.networkHelpers.time.increase(1 + Math.floor(this.random() * LONGEST_WAIT));
      return true;
    },
  };

  /** Laws M1 to M4: see docs/invariants.md. */
  async check(): Promise<void> {
    const { market, staking, token, deployer, people } = { ...this.world, people: this.people };
    const accounts = [...people, deployer].map(({ address }) => market.credits(address));
    const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n);
    const [first, second, uncollected, inMarket, inStaking, toBurn, ...rest] = await Promise.all([
      staking.providerAt(1),
      staking.providerAt(2),
      staking.uncollected(),
      token.balanceOf(await market.getAddress()),
      token.balanceOf(await staking.getAddress()),
      market.toBurn(),
      market.earnings(1),
      market.earnings(2),
      ...accounts,
    ]);
    let owed = toBurn + sum(rest);
    const locked = [0n, 0n];
    for (const entry of this.claims) {
      const split = this.split(entry.fee);
      const inEscrow = entry.stage === "convicted" ? !entry.refunded : entry.stage !== "over";
      if (inEscrow) owed += entry.fee;
      if (entry.stage === "convicted" && !entry.refunded) owed += split.requester;
      if (entry.stage === "convicted" && !entry.rewarded) owed += split.reward + split.gas - entry.reimbursed;
      if (entry.stage === "accepted" || entry.stage === "posted") locked[entry.provider - 1] += split.collateral;
    }
    expect(inMarket + uncollected, "M1: market's tokens and uncollected slashes = what it owes").to.equal(owed);
    expect(inStaking, "M2: staking's tokens = stakes and uncollected slashes").to.equal(
      first.stake + second.stake + uncollected,
    );
    expect([first.locked, second.locked], "M3: locked = collateral of open claims").to.deep.equal(locked);
    expect(first.locked <= first.stake && second.locked <= second.stake, "M3: locked ≤ stake").to.equal(true);
    expect(inMarket + inStaking, "M4: what went in = what is there and what went out").to.equal(
      this.deposited + this.escrowedByTransfer - this.withdrawn - this.paidOut - this.burnedOut,
    );
  }

  async run(steps: number): Promise<void> {
    const names = Object.keys(this.actions);
    for (let step = 0; step < steps; step++) {
      await this.tick();
      // Of what could be done, what was done least comes first half of the time.
      const rare = [...names].sort((a, b) => (this.counts.get(a) ?? 0) - (this.counts.get(b) ?? 0));
      const order = this.random() < 0.5 ? rare : [this.pick(names)!, ...rare];
      for (const name of order) {
        if (!(await this.actions[name]())) continue;
        this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
        break;
      }
      await this.check();
    }
  }
}

describe("market: random walks", () => {
  for (const seed of SEEDS)
    it(`conserve every unit, ${STEPS} steps, seed ${seed}`, async function () {
      this.timeout(600_000);
      const world = await makeWorld();
      const { staking, operator, modelId } = world;
      await staking.connect(operator).join(100, "");
      await staking.connect(operator).serve(2, modelId, 10, 0);
      await staking.connect(operator).deposit(2, STAKE);
      const walk = new Walk(world, seed);
      walk.deposited = 2n * STAKE;
      await walk.run(STEPS);
      const least = Math.floor((STEPS * LEAST_PER_HUNDRED) / 100);
      for (const name of Object.keys(walk.actions))
        expect(walk.counts.get(name) ?? 0, `successful calls of ${name}`).to.be.at.least(least);
    });
});
