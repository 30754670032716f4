// One run of a scenario under the deployed rules: a discrete-event simulation whose state is typed arrays, one entry per
// agent, claim or game. A claim or a game has at most one timer; handling a timer never copies state.
import type { Rules } from "../rules.ts";
import { descentGas, shareUp, wholeGwei } from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { Stream } from "../random.ts";
import { BOND } from "../bondGas.ts";
import { learn } from "./learning.ts";
import { deployed, type Mechanism } from "./mechanism.ts";
import { M, METRICS } from "./metrics.ts";
import { Prices } from "./prices.ts";
import { ABSENT, ACCUSE, builtIn, CHEAP, CHECK, FOLLOW, IGNORE, sharesOf, WRONG } from "./strategies.ts";
import type { ProviderStrategy, Strategies } from "./strategies.ts";
import { NONE, type Timers, Wheel } from "./wheel.ts";

/** Kinds of timers. */
const REQUESTER = 0;
const CLAIM = 1;
const GAME = 2;
const SYSTEM = 3;

/** Owners of system timers; delegators follow. */
const EPOCH = 0;
const PRICE = 1;
const SAMPLE = 2;
const EVENT = 3;
const DELEGATOR = 4;

/** Stages of a claim. */
const FREE = 0;
const ACCEPTED = 1;
const POSTED = 2;
/** Decided, but its timer has not fired yet. */
const DEAD = 3;

/** Further bits of a claim, above the answer's. */
const OVER_CHANNEL = 8;
const FORCED = 16;
const ATTESTED = 32;
const WINDOW_OVER = 64;

/** Stages of a game. */
const PREPARING = 1;
const PROVIDER_TO_MOVE = 2;
const CHALLENGER_TO_MOVE = 3;
const CLOSED = 4;

/** Bits of a game: the challenger can prove its point; it does not play on; it copies another's challenge; it is played quickly. */
const SOUND = 1;
const SILENT = 2;
const COPY = 4;
const QUICK = 8;

/** The first game that pinned the leaf has been lost. */
const GONE = -2;

/** Columns of the time series. */
export const SERIES = [
  "day",
  "wrongShare",
  "checkedShare",
  "cheatingStrategies",
  "tokenUsd",
  "gasPriceGwei",
  "openClaims",
  "convictions",
] as const;

/**
 * One thing that somebody does to the protocol, for whoever plays the same scenario elsewhere. `who` is the index of the
 * requester, provider or challenger (-1: the provider's sock puppet); `value` a fee in units, or 1 for a wrong answer.
 * Claims and games are named by their places, which are used again after they have ended.
 */
export interface Happening {
  readonly at: number;
  readonly kind:
    | "request"
    | "accept"
    | "post"
    | "expire"
    | "finalise"
    | "challenge"
    | "openTrace"
    | "answer"
    | "pick"
    | "prove"
    | "providerSilent"
    | "challengerSilent"
    | "refund"
    | "reclaim";
  readonly claim: number;
  readonly game: number;
  readonly who: number;
  readonly value: number;
}

function grown<T extends Float64Array | Float32Array | Uint32Array | Int32Array | Uint8Array>(
  array: T,
  size: number,
): T {
  const larger = new (array.constructor as new (size: number) => T)(size);
  larger.set(array);
  return larger;
}

export class Simulation {
  readonly rules: Rules;
  readonly scenario: Scenario;
  readonly strategies: Strategies;
  readonly mechanism: Mechanism;
  readonly metrics = new Float64Array(METRICS.length);
  readonly series: number[][] = [];
  readonly prices: Prices;
  /** Decisions made and timers handled. */
  steps = 0;

  readonly demandStream: Stream;
  readonly providerStream: Stream;
  readonly watcherStream: Stream;
  readonly auditorStream: Stream;
  readonly gameStream: Stream;
  readonly learningStream: Stream;

  // Providers. Stake and balances in token units; profit in dollars and jobs since the last epoch.
  readonly providers: number;
  readonly providerStrategy: Uint8Array;
  readonly providerAsk: Float32Array;
  readonly providerStake: Float64Array;
  readonly providerDelegated: Float64Array;
  readonly providerShares: Float64Array;
  readonly providerLocked: Float64Array;
  readonly providerEarnings: Float64Array;
  readonly providerBalance: Float64Array;
  readonly providerWei: Float64Array;
  readonly providerProfit: Float64Array;
  readonly providerJobs: Uint32Array;
  readonly providerOpen: Int32Array;
  readonly providerReceipts: Int32Array;
  readonly providerChannel: Float64Array;
  readonly providerSlashed: Uint8Array;
  /** Answers paid since the provider's last slash. */
  readonly providerRecord: Uint32Array;

  // Watchers, then auditors: [0, watchers) and [watchers, watchers + auditors).
  readonly watchers: number;
  readonly auditors: number;
  readonly watcherStrategy: Uint8Array;
  readonly watcherAsleep: Uint8Array;
  readonly watcherBelief: Float32Array;
  readonly watcherBalance: Float64Array;
  readonly watcherWei: Float64Array;
  readonly watcherProfit: Float64Array;
  readonly watcherJobs: Uint32Array;

  // What each strategy earned over the whole run, in dollars and jobs: providers, watchers, auditors.
  readonly payoffs: readonly { readonly usd: Float64Array; readonly jobs: Float64Array }[];
  // Of each provider strategy: wrong answers that were decided, and what they earned above honest answers to the same
  // requests, in dollars.
  readonly lies: { readonly usd: Float64Array; readonly count: Float64Array };

  readonly requesters: number;
  readonly requesterBalance: Float64Array;

  // Delegators: the provider each trusts, its shares of what that provider was trusted with, what waits in the queue.
  readonly delegators: number;
  readonly delegatorProvider: Int32Array;
  readonly delegatorShares: Float64Array;
  readonly delegatorQueued: Float64Array;

  // Claims.
  claimStage: Uint8Array;
  claimBits: Uint8Array;
  claimProvider: Int32Array;
  claimRequester: Int32Array;
  claimFee: Float64Array;
  claimCollateral: Float64Array;
  claimValue: Float32Array;
  claimStart: Uint32Array;
  claimWindowEnd: Uint32Array;
  /** Where the watchers that hold this claim's model begin. */
  claimWatcher: Int32Array;
  claimAuditor: Int32Array;
  claimAttempts: Uint8Array;
  /** Games that are open, and the list of all that are open or being prepared. */
  claimOpenGames: Int32Array;
  claimGames: Int32Array;
  /** How many games there ever were, when the trace was opened (0: not yet), the first game that pinned the leaf. */
  claimGameCount: Uint32Array;
  claimTraceAt: Uint32Array;
  claimPinned: Int32Array;
  #freeClaims: Int32Array;
  #freeClaimCount = 0;
  openClaims = 0;

  // Games.
  gameStage: Uint8Array;
  gameBits: Uint8Array;
  gameMoves: Uint8Array;
  gameClaim: Int32Array;
  /** A watcher's index, or -1 for the provider's own sock puppet. */
  gameChallenger: Int32Array;
  gameProviderLeft: Int32Array;
  gameChallengerLeft: Int32Array;
  gameSince: Uint32Array;
  gameBond: Float64Array;
  gameFees: Float64Array;
  gameNext: Int32Array;
  #freeGames: Int32Array;
  #freeGameCount = 0;

  readonly wheel: Wheel;
  readonly #claimTimers: Timers;
  readonly #gameTimers: Timers;

  burned = 0;
  treasury = 0;
  escrow = 0;
  deposited = 0;
  withdrawn = 0;
  burnedWei = 0;

  /** Gas credited for each of the provider's moves in a game. */
  readonly #answerGas: readonly number[];
  /** The scenario's probability that an auditor is appointed. */
  readonly auditRate: number;
  readonly #unit: number;
  /** Expected payout of a forced error to one watcher, in dollars. */
  readonly forcedWorthUsd: number;
  readonly #asks: Float32Array;
  readonly #journal: Happening[] | undefined;
  /** Who has found the planted error of the answer that is being looked at. */
  readonly #finders: number[] = [];
  #eventAt = 0;
  #faultUntil = 0;
  #faultBelow = 0;
  #sampleWrong = 0;
  #samplePosted = 0;
  #sampleChecks = 0;

  constructor(
    rules: Rules,
    scenario: Scenario,
    place: { seed: number; point?: number; replicate?: number },
    options: { strategies?: Strategies; mechanism?: Mechanism; journal?: Happening[] } = {},
  ) {
    this.rules = rules;
    this.scenario = scenario;
    this.strategies = options.strategies ?? builtIn;
    this.mechanism = options.mechanism ?? deployed;
    this.#journal = options.journal;
    const stream = (population: number) => new Stream(place.seed, place.point, place.replicate, population);
    const setup = stream(0);
    this.demandStream = stream(1);
    this.providerStream = stream(2);
    this.watcherStream = stream(3);
    this.auditorStream = stream(4);
    this.gameStream = stream(5);
    this.learningStream = stream(6);
    this.prices = new Prices(scenario.prices, stream(7));
    this.#unit = 10 ** rules.decimals;
    this.#answerGas = scenario.game.answerGas ?? descentGas(rules, scenario.game.rounds);
    this.auditRate = scenario.auditors.rate ?? rules.auditProbability;
    this.forcedWorthUsd = scenario.forcedErrors.rate * scenario.forcedErrors.payoutUsd;

    const providers = (this.providers = scenario.providers.count);
    const requesters = (this.requesters = scenario.demand.requesters);
    const watchers = (this.watchers = scenario.watchers.count);
    const auditors = (this.auditors = scenario.auditors.count);
    const delegators = (this.delegators = scenario.delegators.count);

    this.providerStrategy = new Uint8Array(providers);
    this.providerAsk = new Float32Array(providers);
    this.providerStake = new Float64Array(providers);
    this.providerDelegated = new Float64Array(providers);
    this.providerShares = new Float64Array(providers);
    this.providerLocked = new Float64Array(providers);
    this.providerEarnings = new Float64Array(providers);
    this.providerBalance = new Float64Array(providers);
    this.providerWei = new Float64Array(providers);
    this.providerProfit = new Float64Array(providers);
    this.providerJobs = new Uint32Array(providers);
    this.providerOpen = new Int32Array(providers);
    this.providerReceipts = new Int32Array(providers);
    this.providerChannel = new Float64Array(providers);
    this.providerSlashed = new Uint8Array(providers);
    this.providerRecord = new Uint32Array(providers);
    this.watcherStrategy = new Uint8Array(watchers + auditors);
    this.watcherAsleep = new Uint8Array(watchers + auditors);
    this.watcherBelief = new Float32Array(watchers + auditors).fill(1);
    this.watcherBalance = new Float64Array(watchers + auditors);
    this.watcherWei = new Float64Array(watchers + auditors);
    this.watcherProfit = new Float64Array(watchers + auditors);
    this.watcherJobs = new Uint32Array(watchers + auditors);
    this.requesterBalance = new Float64Array(requesters);
    this.delegatorProvider = new Int32Array(delegators);
    this.delegatorShares = new Float64Array(delegators);
    this.delegatorQueued = new Float64Array(delegators);
    this.#asks = this.providerAsk;
    this.payoffs = [this.strategies.providers, this.strategies.watchers, this.strategies.auditors].map((kinds) => ({
      usd: new Float64Array(kinds.length),
      jobs: new Float64Array(kinds.length),
    }));
    const kinds = this.strategies.providers.length;
    this.lies = { usd: new Float64Array(kinds), count: new Float64Array(kinds) };

    const claims = 16;
    this.claimStage = new Uint8Array(claims);
    this.claimBits = new Uint8Array(claims);
    this.claimProvider = new Int32Array(claims);
    this.claimRequester = new Int32Array(claims);
    this.claimFee = new Float64Array(claims);
    this.claimCollateral = new Float64Array(claims);
    this.claimValue = new Float32Array(claims);
    this.claimStart = new Uint32Array(claims);
    this.claimWindowEnd = new Uint32Array(claims);
    this.claimWatcher = new Int32Array(claims);
    this.claimAuditor = new Int32Array(claims);
    this.claimAttempts = new Uint8Array(claims);
    this.claimOpenGames = new Int32Array(claims);
    this.claimGames = new Int32Array(claims);
    this.claimGameCount = new Uint32Array(claims);
    this.claimTraceAt = new Uint32Array(claims);
    this.claimPinned = new Int32Array(claims);
    this.#freeClaims = new Int32Array(claims);
    this.#claimTimers = { due: new Uint32Array(claims), next: new Int32Array(claims) };
    this.#release(claims, 0);

    const games = 16;
    this.gameStage = new Uint8Array(games);
    this.gameBits = new Uint8Array(games);
    this.gameMoves = new Uint8Array(games);
    this.gameClaim = new Int32Array(games);
    this.gameChallenger = new Int32Array(games);
    this.gameProviderLeft = new Int32Array(games);
    this.gameChallengerLeft = new Int32Array(games);
    this.gameSince = new Uint32Array(games);
    this.gameBond = new Float64Array(games);
    this.gameFees = new Float64Array(games);
    this.gameNext = new Int32Array(games);
    this.#freeGames = new Int32Array(games);
    this.#gameTimers = { due: new Uint32Array(games), next: new Int32Array(games) };
    for (let i = games - 1; i >= 0; i--) this.#freeGames[this.#freeGameCount++] = i;

    const timers = (size: number): Timers => ({ due: new Uint32Array(size), next: new Int32Array(size) });
    this.wheel = new Wheel([timers(requesters), this.#claimTimers, this.#gameTimers, timers(DELEGATOR + delegators)]);
    this.#settle(setup);
  }

  /** Draws who is who, deposits stakes and sets the first timers. */
  #settle(setup: Stream): void {
    const { scenario, strategies, wheel } = this;
    assign(
      this.providerStrategy,
      sharesOf(scenario.providers.strategies, strategies.providers, "providers.strategies"),
      setup,
    );
    const watching = this.watcherStrategy.subarray(0, this.watchers);
    assign(watching, sharesOf(scenario.watchers.strategies, strategies.watchers, "watchers.strategies"), setup);
    const auditing = this.watcherStrategy.subarray(this.watchers);
    assign(auditing, sharesOf(scenario.auditors.strategies, strategies.auditors, "auditors.strategies"), setup);

    const stake = this.units(scenario.providers.stakeUsd);
    const { feeSpread, feeUsd } = scenario.costs;
    for (let i = 0; i < this.providers; i++) {
      this.providerStake[i] = stake;
      this.deposited += stake;
      // A log-normal of mean one.
      this.providerAsk[i] = feeUsd * Math.exp(feeSpread * setup.normal() - (feeSpread * feeSpread) / 2);
    }
    if (scenario.channel.share > 0) {
      const lock = this.units(scenario.channel.lockRatio * feeUsd);
      for (let i = 0; i < this.providers; i++) {
        this.providerChannel[i] = Math.min(lock, this.providerStake[i]);
        this.providerLocked[i] += this.providerChannel[i];
      }
    }
    // Who sleeps is spread evenly, so that the share holds in every neighbourhood.
    const { asleep } = scenario.watchers;
    for (let i = 0; i < this.watchers; i++) this.watcherAsleep[i] = setup.chance(asleep) ? 1 : 0;
    for (let i = 0; i < this.delegators; i++)
      this.#delegate(i, setup.below(this.providers), this.units(scenario.delegators.amountUsd));
    for (let i = 0; i < this.requesters; i++)
      wheel.set(REQUESTER, i, Math.floor(setup.uniform() * 2 * scenario.demand.everySeconds));
    if (scenario.learning.dynamics !== "none") wheel.set(SYSTEM, EPOCH, Math.ceil(scenario.learning.everySeconds));
    if (this.prices.moves) wheel.set(SYSTEM, PRICE, Math.ceil(scenario.prices.everySeconds));
    if (this.prices.events.length > 0) wheel.set(SYSTEM, EVENT, Math.ceil(this.prices.events[0].atSeconds));
    if (scenario.samples > 0) wheel.set(SYSTEM, SAMPLE, this.#sampleEvery());
  }

  /** Plays until demand has ended and everything open is decided. */
  run(): this {
    const { wheel, scenario } = this;
    const last = 2 ** 32 - 1;
    while (this.openClaims > 0 || this.#demandOpen()) {
      const timer = wheel.pop(last);
      if (timer === NONE) break;
      this.steps++;
      const owner = timer >> 2;
      switch (timer & 3) {
        case REQUESTER:
          this.#request(owner);
          break;
        case CLAIM:
          this.#onClaim(owner);
          break;
        case GAME:
          this.#onGame(owner);
          break;
        default:
          this.#onSystem(owner, scenario);
      }
    }
    this.closeEpoch();
    for (let i = 0; i < this.providers; i++) this.#withdraw(i);
    return this;
  }

  /** Adds what agents earned since the last epoch to their strategies' totals, and begins a new epoch. */
  closeEpoch(): void {
    const { watchers, payoffs, watcherProfit, watcherJobs } = this;
    collect(payoffs[0], this.providerStrategy, this.providerProfit, this.providerJobs, 0, this.providers);
    collect(payoffs[1], this.watcherStrategy, watcherProfit, watcherJobs, 0, watchers);
    collect(payoffs[2], this.watcherStrategy, watcherProfit, watcherJobs, watchers, watchers + this.auditors);
    this.providerProfit.fill(0);
    this.providerJobs.fill(0);
    watcherProfit.fill(0);
    watcherJobs.fill(0);
  }

  /** A provider takes its earnings; the protocol's cut is rounded up once, over all of them. */
  #withdraw(provider: number): void {
    const amount = this.providerEarnings[provider];
    const cut = this.mechanism.cut(this.rules, amount);
    this.providerEarnings[provider] = 0;
    this.providerBalance[provider] += amount - cut;
    this.treasury += cut;
  }

  #demandOpen(): boolean {
    return this.metrics[M.requests] < this.scenario.requests && this.wheel.now < this.scenario.durationSeconds;
  }

  #note(kind: Happening["kind"], claim: number, game = NONE, who = NONE, value = 0): void {
    this.#journal?.push({ at: this.wheel.now, kind, claim, game, who, value });
  }

  // Money.

  /** Whole token units worth that many dollars now. */
  units(usd: number): number {
    return Math.floor((usd / this.prices.tokenUsd) * this.#unit);
  }

  /** Dollars that token units are worth now. */
  usd(units: number): number {
    return (units / this.#unit) * this.prices.tokenUsd;
  }

  weiUsd(wei: number): number {
    return (wei / 1e18) * this.prices.coinUsd;
  }

  /** Dollars that so much gas costs now. */
  gasUsd(gas: number): number {
    return this.weiUsd(gas * this.prices.gasPriceWei);
  }

  providerOf(claim: number): ProviderStrategy {
    return this.strategies.providers[this.providerStrategy[this.claimProvider[claim]]];
  }

  /** What convicting a claim would pay its challenger, in dollars. */
  rewardUsd(claim: number): number {
    return this.usd(this.mechanism.split(this.rules, this.claimCollateral[claim]).reward);
  }

  /** Watchers that hold the claim's model and are awake: what a provider can know of being watched. */
  watchersAwake(claim: number): number {
    const looking = Math.min(this.scenario.watchers.attention, this.watchers);
    let awake = 0;
    let watcher = this.claimWatcher[claim];
    for (let i = 0; i < looking; i++) {
      awake += 1 - this.watcherAsleep[watcher];
      if (++watcher === this.watchers) watcher = 0;
    }
    return awake;
  }

  // Requests.

  #request(requester: number): void {
    if (!this.#demandOpen()) return;
    const { demand, channel } = this.scenario;
    const stream = this.demandStream;
    this.wheel.set(REQUESTER, requester, this.wheel.now + 1 + Math.floor(stream.exponential(demand.everySeconds)));
    this.metrics[M.requests]++;

    const overChannel = channel.share > 0 && stream.chance(channel.share);
    const provider = this.#choose(stream.below(this.providers), overChannel);
    if (provider === NONE) {
      this.metrics[M.unserved]++;
      return;
    }
    const ask = this.#asks[provider];
    if (demand.elasticity > 0 && ask > this.scenario.costs.feeUsd) {
      const interest = (ask / this.scenario.costs.feeUsd) ** -demand.elasticity;
      if (!stream.chance(interest)) {
        this.metrics[M.declined]++;
        return;
      }
    }
    const claim = this.#newClaim();
    const fee = this.units(ask);
    this.claimRequester[claim] = requester;
    this.claimFee[claim] = fee;
    this.claimValue[claim] =
      demand.valueSpread === 0 ? demand.valueUsd : demand.valueUsd * Math.exp(demand.valueSpread * stream.normal());
    this.claimAttempts[claim] = 0;
    this.requesterBalance[requester] -= fee;
    this.escrow += fee;
    this.#note("request", claim, NONE, requester, fee);
    this.#accept(claim, provider, overChannel);
  }

  /** The cheapest of a few neighbouring providers that has room, or NONE. */
  #choose(start: number, overChannel: boolean): number {
    const { compares } = this.scenario.demand;
    let best = NONE;
    let provider = start;
    for (let i = 0; i < compares; i++) {
      if (this.#hasRoom(provider, overChannel) && (best === NONE || this.#asks[provider] < this.#asks[best]))
        best = provider;
      if (++provider === this.providers) provider = 0;
    }
    this.steps++;
    return best;
  }

  #hasRoom(provider: number, overChannel: boolean): boolean {
    if (overChannel)
      return this.providerReceipts[provider] < this.scenario.channel.openReceipts && this.providerChannel[provider] > 0;
    if (this.providerOpen[provider] >= this.scenario.providers.capacity) return false;
    return this.#freeStake(provider) >= this.#collateral(this.units(this.#asks[provider]));
  }

  #freeStake(provider: number): number {
    return this.providerStake[provider] + this.providerDelegated[provider] - this.providerLocked[provider];
  }

  #collateral(fee: number): number {
    return this.mechanism.collateral(this.rules, fee);
  }

  #accept(claim: number, provider: number, overChannel: boolean): void {
    const { wheel, metrics, scenario } = this;
    const collateral = overChannel ? 0 : this.#collateral(this.claimFee[claim]);
    this.claimProvider[claim] = provider;
    this.claimCollateral[claim] = collateral;
    this.claimStage[claim] = ACCEPTED;
    this.claimStart[claim] = wheel.now;
    this.claimOpenGames[claim] = 0;
    this.claimGames[claim] = NONE;
    this.claimGameCount[claim] = 0;
    this.claimTraceAt[claim] = 0;
    this.claimPinned[claim] = NONE;
    this.claimWatcher[claim] = this.watchers > 1 ? this.watcherStream.below(this.watchers) : 0;
    this.claimAuditor[claim] = NONE;
    this.providerLocked[provider] += collateral;
    if (overChannel) {
      this.providerReceipts[provider]++;
      metrics[M.receipts]++;
    } else this.providerOpen[provider]++;
    metrics[M.accepted]++;
    this.steps++;
    this.#note("accept", claim, NONE, provider);

    let bits = this.strategies.providers[this.providerStrategy[provider]].act(this, provider, claim);
    // A shared bug makes right answers wrong, whoever gives them.
    if (wheel.now < this.#faultUntil && provider < this.#faultBelow) bits |= WRONG;
    const { rate } = scenario.forcedErrors;
    if (rate > 0 && this.auditorStream.chance(rate)) bits |= FORCED;
    this.claimBits[claim] = bits | (overChannel ? OVER_CHANNEL : 0);
    const deadline = wheel.now + this.rules.answerSeconds;
    const ready = wheel.now + Math.floor(this.providerStream.exponential(scenario.costs.answerSeconds));
    const at = bits & ABSENT ? deadline : this.prices.included(ready);
    wheel.set(CLAIM, claim, at < deadline ? at : this.prices.included(deadline));
  }

  #onClaim(claim: number): void {
    switch (this.claimStage[claim]) {
      case ACCEPTED:
        if (this.wheel.now >= this.claimStart[claim] + this.rules.answerSeconds) this.#miss(claim);
        else this.#post(claim);
        return;
      case POSTED:
        this.claimBits[claim] |= WINDOW_OVER;
        if (this.claimOpenGames[claim] === 0) this.#finalise(claim);
        return;
      default:
        this.#freeClaim(claim);
    }
  }

  /** The provider did not answer in time: a part of the collateral goes, and the request to somebody else. */
  #miss(claim: number): void {
    const { metrics, rules } = this;
    const provider = this.claimProvider[claim];
    const collateral = this.claimCollateral[claim];
    const penalty = this.mechanism.penalty(rules, collateral);
    metrics[M.missed]++;
    this.#unlock(claim);
    this.#slash(provider, penalty);
    const burned = shareUp(penalty, rules.slashBurnBps);
    this.burned += burned;
    this.requesterBalance[this.claimRequester[claim]] += penalty - burned;
    metrics[M.burnedUsd] += this.usd(burned);
    metrics[M.requestersUsd] += this.usd(penalty - burned);
    this.#job(provider, 0);
    this.#note("expire", claim);
    const overChannel = (this.claimBits[claim] & OVER_CHANNEL) !== 0;
    if (this.claimAttempts[claim] < rules.maxReassignments) {
      const other = this.#choose(this.demandStream.below(this.providers), overChannel);
      if (other !== NONE && this.#collateral(this.claimFee[claim]) <= this.#freeStake(other)) {
        this.claimAttempts[claim]++;
        metrics[M.reassigned]++;
        this.#accept(claim, other, overChannel);
        return;
      }
    }
    metrics[M.refunded]++;
    this.#refund(claim);
    this.#freeClaim(claim);
  }

  #refund(claim: number): void {
    const fee = this.claimFee[claim];
    this.escrow -= fee;
    this.requesterBalance[this.claimRequester[claim]] += fee;
  }

  #unlock(claim: number): void {
    const provider = this.claimProvider[claim];
    const held = this.wheel.now - this.claimStart[claim];
    this.metrics[M.lockSeconds] += held;
    this.providerLocked[provider] -= this.claimCollateral[claim];
    if (this.claimBits[claim] & OVER_CHANNEL) this.providerReceipts[provider]--;
    else this.providerOpen[provider]--;
  }

  // Answers, and who looks at them.

  #post(claim: number): void {
    const { wheel, metrics, scenario } = this;
    const provider = this.claimProvider[claim];
    const bits = this.claimBits[claim];
    const { costs } = scenario;
    this.claimStage[claim] = POSTED;
    this.claimWindowEnd[claim] = wheel.now + this.rules.windowSeconds;
    this.providerProfit[provider] -= bits & CHEAP ? costs.cheatUsd : costs.honestUsd;
    metrics[M.posted]++;
    this.#samplePosted++;
    if (bits & WRONG) {
      metrics[M.wrong]++;
      this.#sampleWrong++;
    }
    this.#note("post", claim, NONE, provider, bits & WRONG);
    wheel.set(CLAIM, claim, this.prices.included(this.claimWindowEnd[claim]));

    this.#look(claim);
    if (this.auditors > 0) {
      const rate = this.mechanism.auditRate(this, claim);
      if (rate > 0 && this.auditorStream.chance(rate)) this.#audit(claim);
    }
    if (this.#finders.length > 0) this.#payFinders();
  }

  /** Shows an answer to the watchers that hold its model: neighbours in a ring. */
  #look(claim: number): void {
    const { attention } = this.scenario.watchers;
    const looking = attention < this.watchers ? attention : this.watchers;
    const { watchers } = this.strategies;
    let watcher = this.claimWatcher[claim];
    for (let i = 0; i < looking; i++) {
      if (this.watcherAsleep[watcher] === 0) {
        this.steps++;
        const action = watchers[this.watcherStrategy[watcher]].look(this, watcher, claim);
        if (action === CHECK) this.#check(claim, watcher);
        else if (action === ACCUSE) this.#prepare(claim, watcher, this.scenario.game.moveSeconds, SILENT);
        else if (action === FOLLOW) {
          if (this.claimGames[claim] !== NONE)
            this.#prepare(claim, watcher, this.scenario.game.moveSeconds, COPY | SILENT);
        } else if (action !== IGNORE)
          throw new Error(`strategy ${watchers[this.watcherStrategy[watcher]].name}: ${action}`);
      }
      if (++watcher === this.watchers) watcher = 0;
    }
  }

  /** Each of the k finders of a planted error gets J / 2^(k - 1) (F12). */
  #payFinders(): void {
    const finders = this.#finders;
    const payout = this.scenario.forcedErrors.payoutUsd / 2 ** (finders.length - 1);
    for (const finder of finders) this.watcherProfit[finder] += payout;
    finders.length = 0;
  }

  /** Runs the model again and challenges what differs. */
  #check(claim: number, watcher: number): void {
    const { costs, watchers } = this.scenario;
    const { metrics } = this;
    const bits = this.claimBits[claim];
    metrics[M.checks]++;
    this.#sampleChecks++;
    metrics[M.checkCostUsd] += costs.checkUsd;
    this.watcherProfit[watcher] -= costs.checkUsd;
    this.watcherJobs[watcher]++;
    const wrong = (bits & WRONG) !== 0;
    let fault = wrong;
    if (wrong && watchers.missProbability > 0 && this.watcherStream.chance(watchers.missProbability)) fault = false;
    if (!wrong && watchers.falsePositive > 0 && this.watcherStream.chance(watchers.falsePositive)) fault = true;
    if (bits & FORCED) {
      metrics[M.forcedFound]++;
      this.#finders.push(watcher);
    }
    const weight = watchers.beliefWeight;
    const found = fault ? 1 : 0;
    this.watcherBelief[watcher] += weight * (found - this.watcherBelief[watcher]);
    if (fault) this.#prepare(claim, watcher, costs.checkSeconds, SOUND);
  }

  /** Appoints an auditor, who checks, or attests unseen. */
  #audit(claim: number): void {
    const { metrics, scenario } = this;
    const auditor = this.watchers + this.auditorStream.below(this.auditors);
    const strategy = this.strategies.auditors[this.watcherStrategy[auditor]];
    metrics[M.audits]++;
    this.steps++;
    this.claimAuditor[claim] = auditor;
    // The levy pays the audit, whoever does it; what is attested unseen stands on the auditor's own collateral.
    const pay = (this.rules.auditLevyBps / 10_000) * scenario.costs.checkUsd;
    metrics[M.auditPayUsd] += pay;
    this.watcherProfit[auditor] += pay;
    if (strategy.audits(this, auditor, claim)) {
      metrics[M.audited]++;
      this.#check(claim, auditor);
      return;
    }
    this.watcherJobs[auditor]++;
    this.claimBits[claim] |= ATTESTED;
    if (this.claimBits[claim] & WRONG && this.providerOf(claim).bribes) {
      const { bribeUsd } = scenario.auditors;
      this.watcherProfit[auditor] += bribeUsd;
      this.providerProfit[this.claimProvider[claim]] -= bribeUsd;
      metrics[M.bribesUsd] += bribeUsd;
    }
  }

  // Games.

  /** Somebody will challenge after a while. */
  #prepare(claim: number, challenger: number, meanSeconds: number, bits: number): void {
    const game = this.#newGame();
    this.gameClaim[game] = claim;
    this.gameChallenger[game] = challenger;
    this.gameBits[game] = bits;
    this.gameStage[game] = PREPARING;
    this.gameNext[game] = this.claimGames[claim];
    this.claimGames[claim] = game;
    const ready = this.wheel.now + 1 + Math.floor(this.gameStream.exponential(meanSeconds));
    this.wheel.set(GAME, game, this.prices.included(ready));
  }

  #onGame(game: number): void {
    switch (this.gameStage[game]) {
      case PREPARING:
        this.#challenge(game);
        return;
      case PROVIDER_TO_MOVE:
        this.#providerMoves(game);
        return;
      case CHALLENGER_TO_MOVE:
        this.#challengerMoves(game);
        return;
      default:
        this.#freeGames[this.#freeGameCount++] = game;
    }
  }

  /** Gas a challenger spends in a game it plays to the end. */
  #gasToWin(): number {
    const { rounds, challengeGas, pickGas, proveGas } = this.scenario.game;
    return challengeGas + rounds * pickGas + proveGas;
  }

  #challenge(game: number): void {
    const { metrics, rules, scenario, wheel } = this;
    const claim = this.gameClaim[game];
    const challenger = this.gameChallenger[game];
    const bits = this.gameBits[game];
    if (wheel.now >= this.claimWindowEnd[claim]) {
      metrics[M.tooLate]++;
      this.#dropGame(game);
      return;
    }
    if (challenger >= 0) {
      const counts = challenger < this.watchers && this.strategies.watchers[this.watcherStrategy[challenger]].counts;
      if (counts && bits & SOUND && this.rewardUsd(claim) < this.gasUsd(this.#gasToWin())) {
        metrics[M.unprofitable]++;
        this.#dropGame(game);
        return;
      }
    }
    metrics[M.challenges]++;
    // A liar that is found out challenges itself, quickly, to be the one that is rewarded.
    if (challenger >= 0 && this.claimBits[claim] & WRONG && this.claimGameCount[claim] === 0)
      if (this.providerOf(claim).challengesItself) this.#prepare(claim, NONE, 1, SOUND | QUICK);
    const fees = this.mechanism.feesWei(rules, this.claimGameCount[claim]++ === 0);
    const bond = rules.gasBondWei + fees;
    this.gameBond[game] = bond;
    this.gameFees[game] = fees;
    this.#payWei(game, -bond);
    this.#spendGas(game, scenario.game.challengeGas);
    this.claimOpenGames[claim]++;
    this.gameMoves[game] = 0;
    this.gameSince[game] = wheel.now;
    this.gameProviderLeft[game] = rules.providerBudgetSeconds;
    this.gameChallengerLeft[game] = rules.challengerBudgetSeconds;
    this.#note("challenge", claim, game, challenger);
    const known = scenario.game.rounds === 0 && bits & SOUND;
    const traceOpen = this.claimTraceAt[claim] !== 0;
    if (traceOpen) this.gameMoves[game] = 1;
    if (known || traceOpen) this.#toChallenger(game, wheel.now);
    else this.#toProvider(game);
  }

  #payWei(game: number, wei: number): void {
    const challenger = this.gameChallenger[game];
    if (challenger >= 0) this.watcherWei[challenger] += wei;
    else this.providerWei[this.claimProvider[this.gameClaim[game]]] += wei;
    this.#earn(game, this.weiUsd(wei));
  }

  /** Dollars won or spent by a game's challenger. */
  #earn(game: number, usd: number): void {
    const challenger = this.gameChallenger[game];
    if (challenger >= 0) this.watcherProfit[challenger] += usd;
    else this.providerProfit[this.claimProvider[this.gameClaim[game]]] += usd;
  }

  #spendGas(game: number, gas: number): void {
    const usd = this.gasUsd(gas);
    this.metrics[M.gasUsd] += usd;
    this.#earn(game, -usd);
  }

  /** When a side with `left` seconds moves: its own time, or NONE when it will be too late. */
  #moveAt(left: number, silent: boolean, quick: boolean): number {
    if (silent) return NONE;
    const { now } = this.wheel;
    const mean = quick ? 1 : this.scenario.game.moveSeconds;
    const at = this.prices.included(now + 1 + Math.floor(this.gameStream.exponential(mean)));
    return at > now + left ? NONE : at;
  }

  #toProvider(game: number): void {
    this.gameStage[game] = PROVIDER_TO_MOVE;
    const left = this.gameProviderLeft[game];
    const strategy = this.providerOf(this.gameClaim[game]);
    const at = this.#moveAt(left, !strategy.answers, (this.gameBits[game] & QUICK) !== 0);
    this.gameSince[game] = this.wheel.now;
    this.wheel.set(GAME, game, at === NONE ? this.prices.included(this.wheel.now + left + 1) : at);
  }

  /** The challenger's turn since `since`, which is before now where another game's answer began it. */
  #toChallenger(game: number, since: number): void {
    this.gameStage[game] = CHALLENGER_TO_MOVE;
    const left = this.gameChallengerLeft[game];
    const bits = this.gameBits[game];
    const at = this.#moveAt(left - (this.wheel.now - since), (bits & SILENT) !== 0, (bits & QUICK) !== 0);
    this.gameSince[game] = since;
    this.wheel.set(GAME, game, at === NONE ? this.prices.included(since + left + 1) : at);
  }

  #providerMoves(game: number): void {
    const { wheel } = this;
    const claim = this.gameClaim[game];
    const openedAt = this.claimTraceAt[claim];
    if (this.gameMoves[game] === 0 && openedAt !== 0) {
      // Another game's answer opened the trace for this one too.
      this.#stopProvidersClock(game, openedAt);
      this.gameMoves[game] = 1;
      this.#toChallenger(game, openedAt);
      return;
    }
    if (wheel.now - this.gameSince[game] > this.gameProviderLeft[game]) {
      this.#convict(claim, game, game, true);
      return;
    }
    this.#stopProvidersClock(game, wheel.now);
    const move = this.gameMoves[game]++;
    if (move === 0) this.claimTraceAt[claim] = wheel.now;
    const gas = this.#answerGas[Math.min(move, this.#answerGas.length - 1)];
    const provider = this.claimProvider[claim];
    const usd = this.gasUsd(gas);
    this.metrics[M.gasUsd] += usd;
    this.providerProfit[provider] += this.weiUsd(this.#credit(game, gas)) - usd;
    this.#note(move === 0 ? "openTrace" : "answer", claim, game);
    this.#toChallenger(game, wheel.now);
  }

  #stopProvidersClock(game: number, now: number): void {
    const left = this.gameProviderLeft[game] - Math.max(0, now - this.gameSince[game]);
    this.gameProviderLeft[game] = Math.max(this.rules.extensionSeconds, left);
  }

  /** Credits the provider for a move, at once, from the bond of whoever asked for it; the fees are never spent so. */
  #credit(game: number, gas: number): number {
    const amount = Math.min(wholeGwei(gas * this.prices.gasPriceWei), this.gameBond[game] - this.gameFees[game]);
    this.gameBond[game] -= amount;
    this.providerWei[this.claimProvider[this.gameClaim[game]]] += amount;
    return amount;
  }

  #challengerMoves(game: number): void {
    const { rules, scenario } = this;
    const claim = this.gameClaim[game];
    const used = this.wheel.now - this.gameSince[game];
    if (used > this.gameChallengerLeft[game]) {
      this.#loseGame(game);
      return;
    }
    this.gameChallengerLeft[game] = Math.max(rules.extensionSeconds, this.gameChallengerLeft[game] - used);
    const { rounds } = scenario.game;
    if (this.gameMoves[game] > rounds || rounds === 0) {
      this.#spendGas(game, scenario.game.proveGas);
      this.#note("prove", claim, game);
      const first = this.claimPinned[claim];
      this.#convict(claim, game, first < 0 ? game : first, false);
      return;
    }
    if (this.gameMoves[game] === rounds && this.claimPinned[claim] === NONE) this.claimPinned[claim] = game;
    this.#spendGas(game, scenario.game.pickGas);
    this.#note("pick", claim, game);
    this.#toProvider(game);
  }

  /** The challenger fell silent: its fees go to the provider, the timeout's gas to its sender, the rest is burned. */
  #loseGame(game: number): void {
    const { metrics } = this;
    const claim = this.gameClaim[game];
    const provider = this.claimProvider[claim];
    const gas = this.gasUsd(BOND.TIMEOUT);
    metrics[M.gasUsd] += gas;
    const fees = this.gameFees[game];
    this.providerProfit[provider] += this.weiUsd(this.#credit(game, BOND.TIMEOUT) + fees) - gas;
    this.providerWei[provider] += fees;
    this.burnedWei += this.gameBond[game] - fees;
    metrics[M.griefed]++;
    this.#note("challengerSilent", claim, game);
    this.#dropGame(game);
    this.claimOpenGames[claim]--;
    if (this.claimOpenGames[claim] === 0 && this.claimBits[claim] & WINDOW_OVER) this.#finalise(claim);
  }

  /** Takes a game out of its claim's list and frees it; its timer has just fired. */
  #dropGame(game: number): void {
    this.#unlink(game);
    this.#freeGames[this.#freeGameCount++] = game;
  }

  #unlink(game: number): void {
    const claim = this.gameClaim[game];
    if (this.claimPinned[claim] === game) this.claimPinned[claim] = GONE;
    let at = this.claimGames[claim];
    if (at === game) this.claimGames[claim] = this.gameNext[game];
    else {
      while (this.gameNext[at] !== game) at = this.gameNext[at];
      this.gameNext[at] = this.gameNext[game];
    }
  }

  /**
   * Closes all games of a decided claim; each is freed when its timer fires. Challengers other than the winner get what
   * is left of their bonds, and their gas from `gasUnits` as far as it reaches; what it leaves is returned.
   */
  #closeGames(claim: number, winner: number, gasUnits: number): number {
    let left = gasUnits;
    for (let game = this.claimGames[claim]; game !== NONE; game = this.gameNext[game]) {
      if (this.gameStage[game] !== PREPARING) {
        this.#payWei(game, this.gameBond[game]);
        if (game !== winner) {
          this.#note("reclaim", claim, game);
          const moves = Math.max(0, this.gameMoves[game] - (this.gameStage[game] === CHALLENGER_TO_MOVE ? 1 : 0));
          const paid = Math.min(left, (BOND.CHALLENGE + moves * BOND.MOVE) * this.rules.unitsPerGas);
          left -= paid;
          this.#payUnits(game, paid);
        }
      }
      this.gameStage[game] = CLOSED;
    }
    this.claimGames[claim] = NONE;
    return left;
  }

  /** Credits a game's challenger with units of the token. */
  #payUnits(game: number, units: number): void {
    const challenger = this.gameChallenger[game];
    if (challenger >= 0) this.watcherBalance[challenger] += units;
    else this.providerBalance[this.claimProvider[this.gameClaim[game]]] += units;
    this.#earn(game, this.usd(units));
  }

  // Endings.

  #finalise(claim: number): void {
    const { metrics, rules, scenario, wheel } = this;
    const provider = this.claimProvider[claim];
    const fee = this.claimFee[claim];
    const cut = this.mechanism.cut(rules, fee);
    this.#closeGames(claim, NONE, 0);
    this.#unlock(claim);
    this.escrow -= fee;
    this.providerEarnings[provider] += fee;
    this.providerRecord[provider]++;
    metrics[M.finalised]++;
    metrics[M.feesUsd] += this.usd(fee);
    const delay = wheel.now - this.claimWindowEnd[claim];
    metrics[M.delaySeconds] += delay;
    if (delay > metrics[M.latestDelaySeconds]) metrics[M.latestDelaySeconds] = delay;
    let profit = this.usd(fee - cut);
    if (this.claimBits[claim] & WRONG) {
      const value = this.claimValue[claim];
      const gain = scenario.costs.gainPerValue * value + scenario.costs.bribeUsd;
      metrics[M.finalisedWrong]++;
      metrics[M.harmUsd] += value;
      metrics[M.gainUsd] += gain;
      profit += gain;
      this.#lie(claim, gain);
    }
    this.#job(provider, profit);
    this.#note("finalise", claim);
    this.#freeClaim(claim);
  }

  /** Notes what a wrong answer earned, beside the work it saved. */
  #lie(claim: number, usd: number): void {
    const { costs } = this.scenario;
    const strategy = this.providerStrategy[this.claimProvider[claim]];
    const saved = this.claimBits[claim] & CHEAP ? costs.honestUsd - costs.cheatUsd : 0;
    this.lies.count[strategy]++;
    this.lies.usd[strategy] += usd + saved;
  }

  /** Adds a decided job to what its provider learns from. */
  #job(provider: number, usd: number): void {
    this.providerProfit[provider] += usd;
    this.providerJobs[provider]++;
  }

  /** Takes a slash from a provider's stake and pro rata from what it was trusted with, rounded against the slashed. */
  #slash(provider: number, amount: number): void {
    const own = this.providerStake[provider];
    const trusted = this.providerDelegated[provider];
    const fromTrusted = trusted === 0 ? 0 : Math.min(trusted, Math.floor((amount * trusted) / (own + trusted)));
    const fromOwn = Math.min(own, amount - fromTrusted);
    this.providerStake[provider] = own - fromOwn;
    this.providerDelegated[provider] = trusted - fromTrusted;
    this.providerProfit[provider] -= this.usd(fromOwn);
    this.providerSlashed[provider] = 1;
    this.providerRecord[provider] = 0;
    this.metrics[M.slashedUsd] += this.usd(amount);
  }

  /** A claim is disproved: `fired` is the game whose move did it, `winner` the one that is rewarded. */
  #convict(claim: number, fired: number, winner: number, bySilence: boolean): void {
    const { metrics, rules } = this;
    const provider = this.claimProvider[claim];
    const bits = this.claimBits[claim];
    let slash = this.claimCollateral[claim];
    this.#unlock(claim);
    if (bits & OVER_CHANNEL) {
      slash = this.providerChannel[provider];
      this.providerChannel[provider] = 0;
      this.providerLocked[provider] -= slash;
      if (slash === 0) metrics[M.uncovered]++;
    }
    this.#slash(provider, slash);
    if (bySilence) this.#note("providerSilent", claim, fired);
    this.#note("refund", claim);
    const split = this.mechanism.split(rules, slash);
    this.#refund(claim);
    this.requesterBalance[this.claimRequester[claim]] += split.requester;
    this.#payUnits(winner, split.reward);
    // The game whose timer has just fired is freed now, the others when theirs fire.
    const unspent = this.#closeGames(claim, winner, split.gas);
    this.#freeGames[this.#freeGameCount++] = fired;
    const burn = split.burned + unspent;
    this.burned += burn;
    metrics[bySilence ? M.convictedBySilence : M.convictedByProof]++;
    if ((bits & WRONG) === 0) metrics[M.convictedHonest]++;
    else {
      const fee = this.claimFee[claim];
      const returned = this.gameChallenger[winner] < 0 ? split.reward : 0;
      this.#lie(claim, this.usd(returned - slash - fee + this.mechanism.cut(rules, fee)));
    }
    metrics[M.burnedUsd] += this.usd(burn);
    metrics[M.challengersUsd] += this.usd(slash - burn - split.requester);
    metrics[M.requestersUsd] += this.usd(split.requester);
    if (bits & ATTESTED) this.#slashAttester(claim, slash);
    this.#job(provider, 0);
    if (bits & WINDOW_OVER) this.#freeClaim(claim);
    else {
      this.claimStage[claim] = DEAD;
      this.openClaims--;
    }
  }

  /** Whoever attested a wrong answer unseen has made the same false claim, behind the same collateral. */
  #slashAttester(claim: number, slash: number): void {
    const usd = this.usd(slash);
    this.watcherProfit[this.claimAuditor[claim]] -= usd;
    this.metrics[M.slashedUsd] += usd;
  }

  // Delegation.

  #delegate(delegator: number, provider: number, units: number): void {
    const assets = this.providerDelegated[provider];
    const shares = this.providerShares[provider];
    // One virtual unit and share: no inflation of the share's price, and a deposit works after a total slash.
    const minted = Math.floor((units * (shares + 1)) / (assets + 1));
    this.delegatorProvider[delegator] = provider;
    this.delegatorShares[delegator] = minted;
    this.providerShares[provider] = shares + minted;
    this.providerDelegated[provider] = assets + units;
    this.deposited += units;
  }

  /** Delegators of slashed providers may leave: the stake stays slashable until the queue ends. */
  #reconsiderDelegation(): void {
    const { leaveProbability } = this.scenario.delegators;
    for (let i = 0; i < this.delegators; i++) {
      this.steps++;
      if (this.delegatorQueued[i] > 0 || !this.providerSlashed[this.delegatorProvider[i]]) continue;
      if (!this.learningStream.chance(leaveProbability)) continue;
      this.delegatorQueued[i] = 1;
      this.wheel.set(SYSTEM, DELEGATOR + i, this.wheel.now + this.rules.unbondingSeconds);
    }
    this.providerSlashed.fill(0);
  }

  #moveDelegation(delegator: number): void {
    const provider = this.delegatorProvider[delegator];
    const shares = this.delegatorShares[delegator];
    const assets = Math.floor((shares * (this.providerDelegated[provider] + 1)) / (this.providerShares[provider] + 1));
    const free = Math.max(0, this.#freeStake(provider));
    const units = Math.min(assets, free, this.providerDelegated[provider]);
    this.delegatorQueued[delegator] = 0;
    this.providerShares[provider] -= shares;
    this.providerDelegated[provider] -= units;
    this.withdrawn += units;
    this.#delegate(delegator, this.learningStream.below(this.providers), units);
  }

  // The world around.

  #sampleEvery(): number {
    const { durationSeconds, requests, demand, samples } = this.scenario;
    const expected = Math.min(durationSeconds, (requests / this.requesters) * demand.everySeconds);
    return Math.max(1, Math.floor(expected / samples));
  }

  #onSystem(owner: number, { learning, prices, samples }: Scenario): void {
    const { wheel } = this;
    switch (owner) {
      case EPOCH:
        learn(this);
        this.#reconsiderDelegation();
        wheel.set(SYSTEM, EPOCH, wheel.now + Math.ceil(learning.everySeconds));
        return;
      case PRICE:
        this.prices.step();
        wheel.set(SYSTEM, PRICE, wheel.now + Math.ceil(prices.everySeconds));
        return;
      case SAMPLE:
        this.#sample();
        if (this.series.length < samples) wheel.set(SYSTEM, SAMPLE, wheel.now + this.#sampleEvery());
        return;
      case EVENT: {
        const event = this.prices.events[this.#eventAt++];
        if (event.kind === "fault") {
          this.#faultUntil = wheel.now + event.lastsSeconds;
          this.#faultBelow = Math.round(event.share * this.providers);
        } else this.prices.apply(event);
        const next = this.prices.events[this.#eventAt];
        if (next !== undefined) wheel.set(SYSTEM, EVENT, Math.ceil(next.atSeconds));
        return;
      }
      default:
        this.#moveDelegation(owner - DELEGATOR);
    }
  }

  #sample(): void {
    const { metrics } = this;
    const posted = Math.max(1, this.#samplePosted);
    this.series.push([
      this.wheel.now / 86_400,
      this.#sampleWrong / posted,
      this.#sampleChecks / posted,
      this.cheatingShare(),
      this.prices.tokenUsd,
      this.prices.gasPriceWei / 1e9,
      this.openClaims,
      metrics[M.convictedByProof] + metrics[M.convictedBySilence],
    ]);
    this.#sampleWrong = this.#samplePosted = this.#sampleChecks = 0;
  }

  /** Share of providers whose strategy is not the first, honest one. */
  cheatingShare(): number {
    let honest = 0;
    for (let i = 0; i < this.providers; i++) if (this.providerStrategy[i] === 0) honest++;
    return 1 - honest / this.providers;
  }

  // Pools.

  #release(end: number, from: number): void {
    for (let i = end - 1; i >= from; i--) this.#freeClaims[this.#freeClaimCount++] = i;
  }

  #newClaim(): number {
    if (this.#freeClaimCount === 0) this.#growClaims();
    this.openClaims++;
    return this.#freeClaims[--this.#freeClaimCount];
  }

  #freeClaim(claim: number): void {
    if (this.claimStage[claim] !== DEAD) this.openClaims--;
    this.claimStage[claim] = FREE;
    this.#freeClaims[this.#freeClaimCount++] = claim;
  }

  #growClaims(): void {
    const from = this.claimStage.length;
    const size = Math.ceil(from * 1.25);
    this.claimStage = grown(this.claimStage, size);
    this.claimBits = grown(this.claimBits, size);
    this.claimProvider = grown(this.claimProvider, size);
    this.claimRequester = grown(this.claimRequester, size);
    this.claimFee = grown(this.claimFee, size);
    this.claimCollateral = grown(this.claimCollateral, size);
    this.claimValue = grown(this.claimValue, size);
    this.claimStart = grown(this.claimStart, size);
    this.claimWindowEnd = grown(this.claimWindowEnd, size);
    this.claimWatcher = grown(this.claimWatcher, size);
    this.claimAuditor = grown(this.claimAuditor, size);
    this.claimAttempts = grown(this.claimAttempts, size);
    this.claimOpenGames = grown(this.claimOpenGames, size);
    this.claimGames = grown(this.claimGames, size);
    this.claimGameCount = grown(this.claimGameCount, size);
    this.claimTraceAt = grown(this.claimTraceAt, size);
    this.claimPinned = grown(this.claimPinned, size);
    this.#claimTimers.due = grown(this.#claimTimers.due, size);
    this.#claimTimers.next = grown(this.#claimTimers.next, size);
    this.#freeClaims = grown(this.#freeClaims, size);
    this.#release(size, from);
  }

  #newGame(): number {
    if (this.#freeGameCount === 0) this.#growGames();
    return this.#freeGames[--this.#freeGameCount];
  }

  #growGames(): void {
    const from = this.gameStage.length;
    const size = Math.ceil(from * 1.25);
    this.gameStage = grown(this.gameStage, size);
    this.gameBits = grown(this.gameBits, size);
    this.gameMoves = grown(this.gameMoves, size);
    this.gameClaim = grown(this.gameClaim, size);
    this.gameChallenger = grown(this.gameChallenger, size);
    this.gameProviderLeft = grown(this.gameProviderLeft, size);
    this.gameChallengerLeft = grown(this.gameChallengerLeft, size);
    this.gameSince = grown(this.gameSince, size);
    this.gameBond = grown(this.gameBond, size);
    this.gameFees = grown(this.gameFees, size);
    this.gameNext = grown(this.gameNext, size);
    this.#gameTimers.due = grown(this.#gameTimers.due, size);
    this.#gameTimers.next = grown(this.#gameTimers.next, size);
    this.#freeGames = grown(this.#freeGames, size);
    for (let i = size - 1; i >= from; i--) this.#freeGames[this.#freeGameCount++] = i;
  }

  /** Bytes of all state arrays. */
  bytes(): number {
    let total = 0;
    const seen = new Set<unknown>();
    for (const value of [...Object.values(this), ...this.#hidden()])
      if (ArrayBuffer.isView(value) && !seen.has(value.buffer)) {
        seen.add(value.buffer);
        total += value.buffer.byteLength;
      }
    return total;
  }

  #hidden(): unknown[] {
    const { due, next } = this.#claimTimers;
    return [
      this.#freeClaims,
      this.#freeGames,
      due,
      next,
      this.#gameTimers.due,
      this.#gameTimers.next,
      ...this.wheel.arrays(),
    ];
  }
}

function collect(
  { usd, jobs }: { usd: Float64Array; jobs: Float64Array },
  strategy: Uint8Array,
  profit: Float64Array,
  worked: Uint32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    usd[strategy[i]] += profit[i];
    jobs[strategy[i]] += worked[i];
  }
}

/** Fills a population with strategies in the given shares, exactly as far as whole agents allow, in random order. */
function assign(population: Uint8Array, shares: Float64Array, stream: Stream): void {
  let at = 0;
  let sum = 0;
  for (let strategy = 0; strategy < shares.length; strategy++) {
    sum += shares[strategy];
    const end = strategy === shares.length - 1 ? population.length : Math.round(sum * population.length);
    population.fill(strategy, at, end);
    at = Math.max(at, end);
  }
  for (let i = population.length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    const kept = population[i];
    population[i] = population[j];
    population[j] = kept;
  }
}
