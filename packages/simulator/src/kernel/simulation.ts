// One run of a scenario under the deployed rules: a discrete-event simulation whose state is typed arrays, one entry per
// agent, claim or game. A claim or a game has at most one timer; handling a timer never copies state. What happens stands
// in files of its own, in the order of a claim's life: requests, answers, challenge, moves, endings.
import { Stream } from "../random.ts";
import type { Rules } from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { Delegators, Providers, Requesters, Watchers } from "./agents.ts";
import { onClaim } from "./answers.ts";
import { Claims, Disputes } from "./claims.ts";
import { Games } from "./games.ts";
import type { Happening } from "./journal.ts";
import { deployed, type Mechanism } from "./mechanism.ts";
import { M, METRICS } from "./metrics.ts";
import { Money } from "./money.ts";
import { onGame } from "./moves.ts";
import { type Path, pathOf } from "./path.ts";
import { Prices } from "./prices.ts";
import { request } from "./requests.ts";
import { setUp } from "./setup.ts";
import { builtIn, type ProviderStrategy, type Strategies } from "./strategies.ts";
import { bytesOf } from "./table.ts";
import { CLAIM, DELEGATOR, GAME, REQUESTER } from "./timers.ts";
import { END, NONE, type Timers, Wheel } from "./wheel.ts";
import { onSystem, World } from "./world.ts";

/** The random numbers of each population, which no other disturbs. */
export interface Streams {
  readonly demand: Stream;
  readonly provider: Stream;
  readonly watcher: Stream;
  readonly auditor: Stream;
  readonly game: Stream;
  readonly learning: Stream;
}

/** Dollars and jobs, or dollars and lies, by strategy. */
export interface Tally {
  readonly usd: Float64Array;
  readonly jobs: Float64Array;
}

export interface SimulationOptions {
  readonly strategies?: Strategies;
  readonly mechanism?: Mechanism;
  /** Where deeds are written down, one after the other. */
  readonly journal?: Happening[];
}

export class Simulation {
  readonly rules: Rules;
  readonly scenario: Scenario;
  readonly strategies: Strategies;
  readonly mechanism: Mechanism;
  readonly path: Path;
  /** The scenario's probability that an auditor is appointed. */
  readonly auditRate: number;
  /** Expected payout of a forced error to one watcher, in dollars. */
  readonly forcedWorthUsd: number;

  readonly streams: Streams;
  readonly prices: Prices;
  readonly money: Money;
  readonly world = new World();
  readonly wheel: Wheel;

  readonly providers: Providers;
  readonly watchers: Watchers;
  readonly requesters: Requesters;
  readonly delegators: Delegators;
  readonly claims = new Claims();
  readonly disputes = new Disputes();
  readonly games = new Games();
  /** Who has found the planted error of the answer that is being looked at. */
  readonly finders: number[] = [];

  /** Decisions made and timers handled. */
  steps = 0;
  readonly metrics = new Float64Array(METRICS.length);
  readonly series: number[][] = [];
  /** What each strategy earned over the whole run: providers, watchers, auditors. */
  readonly payoffs: readonly Tally[];
  /** Of each provider strategy: wrong answers that were decided, and what they earned above honest answers to the same
   *  requests. */
  readonly lies: { readonly usd: Float64Array; readonly count: Float64Array };
  readonly #journal: Happening[] | undefined;

  constructor(
    rules: Rules,
    scenario: Scenario,
    place: { seed: number; point?: number; replicate?: number },
    options: SimulationOptions = {},
  ) {
    this.rules = rules;
    this.scenario = scenario;
    this.strategies = options.strategies ?? builtIn;
    this.mechanism = options.mechanism ?? deployed;
    this.#journal = options.journal;
    this.path = pathOf(rules, scenario.game);
    this.auditRate = scenario.auditors.rate ?? rules.auditProbability;
    this.forcedWorthUsd = scenario.forcedErrors.rate * scenario.forcedErrors.payoutUsd;

    const stream = (population: number) => new Stream(place.seed, place.point, place.replicate, population);
    this.streams = {
      demand: stream(1),
      provider: stream(2),
      watcher: stream(3),
      auditor: stream(4),
      game: stream(5),
      learning: stream(6),
    };
    this.prices = new Prices(scenario.prices, stream(7));
    this.money = new Money(rules, this.prices);
    this.providers = new Providers(scenario.providers.count);
    this.watchers = new Watchers(scenario.watchers.count, scenario.auditors.count);
    this.requesters = new Requesters(scenario.demand.requesters);
    this.delegators = new Delegators(scenario.delegators.count);
    const tally = (kinds: readonly unknown[]): Tally => ({
      usd: new Float64Array(kinds.length),
      jobs: new Float64Array(kinds.length),
    });
    const { providers, watchers, auditors } = this.strategies;
    this.payoffs = [providers, watchers, auditors].map(tally);
    this.lies = { usd: new Float64Array(providers.length), count: new Float64Array(providers.length) };

    const timers = (size: number): Timers => ({ due: new Uint32Array(size), next: new Int32Array(size) });
    const system = timers(DELEGATOR + this.delegators.count);
    this.wheel = new Wheel([timers(this.requesters.count), this.claims, this.games, system], wheelBits(this));
    setUp(this, stream(0));
  }

  /** Plays until demand has ended and everything open is decided, or time has ended: then metrics count what is not. */
  run(): this {
    const { claims, wheel } = this;
    while (claims.open > 0 || claims.waiting > 0 || this.demandOpen()) {
      const timer = wheel.pop(END - 1);
      if (timer === NONE) break;
      this.steps++;
      const owner = timer >> 2;
      switch (timer & 3) {
        case REQUESTER:
          request(this, owner);
          break;
        case CLAIM:
          onClaim(this, owner);
          break;
        case GAME:
          onGame(this, owner);
          break;
        default:
          onSystem(this, owner);
      }
    }
    this.metrics[M.unfinished] = claims.open + claims.waiting;
    this.closeEpoch();
    for (let i = 0; i < this.providers.count; i++) this.#withdraw(i);
    return this;
  }

  /** Adds what agents earned since the last epoch to their strategies' totals, and begins a new epoch. */
  closeEpoch(): void {
    const { payoffs, providers, watchers } = this;
    const all = watchers.count + watchers.auditors;
    collect(payoffs[0], providers, 0, providers.count);
    collect(payoffs[1], watchers, 0, watchers.count);
    collect(payoffs[2], watchers, watchers.count, all);
    for (const { profit, jobs } of [providers, watchers]) {
      profit.fill(0);
      jobs.fill(0);
    }
  }

  /** A provider takes its earnings; the protocol's cut is rounded up once, over all of them. */
  #withdraw(provider: number): void {
    const { providers } = this;
    const amount = providers.earnings[provider];
    const cut = this.mechanism.cut(this.rules, amount);
    providers.earnings[provider] = 0;
    providers.balance[provider] += amount - cut;
    this.money.treasury += cut;
  }

  demandOpen(): boolean {
    return this.metrics[M.requests] < this.scenario.requests && this.wheel.now < this.scenario.durationSeconds;
  }

  note(kind: Happening["kind"], claim: number, game = NONE, who = NONE, value = 0): void {
    this.#journal?.push({ at: this.wheel.now, kind, claim, game, who, value });
  }

  // What strategies may ask.

  providerOf(claim: number): ProviderStrategy {
    return this.strategies.providers[this.providers.strategy[this.claims.provider[claim]]];
  }

  /** What convicting a claim would pay its challenger, in dollars. */
  rewardUsd(claim: number): number {
    return this.money.usd(this.mechanism.split(this.rules, this.claims.collateral[claim]).reward);
  }

  /** Watchers that hold the claim's model and are awake: what a provider can know of being watched. */
  watchersAwake(claim: number): number {
    const { asleep, count } = this.watchers;
    const looking = Math.min(this.scenario.watchers.attention, count);
    let awake = 0;
    let watcher = this.claims.watcher[claim];
    for (let i = 0; i < looking; i++) {
      awake += 1 - asleep[watcher];
      if (++watcher === count) watcher = 0;
    }
    return awake;
  }

  /** Share of providers whose strategy is not the first, honest one. */
  cheatingShare(): number {
    const { count, strategy } = this.providers;
    let honest = 0;
    for (let i = 0; i < count; i++) if (strategy[i] === 0) honest++;
    return 1 - honest / count;
  }

  /** Bytes of all state arrays. */
  bytes(): number {
    const { claims, delegators, disputes, games, lies, payoffs, providers, requesters, watchers, wheel } = this;
    // The wheel's arrays include the timers of claims and games.
    const tables =
      bytesOf(claims, disputes, games) - bytesOf(...[claims, games].map(({ due, next }) => ({ due, next })));
    const populations = bytesOf(providers, watchers, requesters, delegators, lies, ...payoffs);
    return tables + populations + wheel.arrays().reduce((sum, array) => sum + array.byteLength, 0);
  }
}

/** A larger wheel moves timers less often, a smaller one takes less memory; what happens does not depend on it. */
function wheelBits({ delegators, providers, requesters, watchers }: Simulation): number {
  const agents = delegators.count + providers.count + requesters.count + watchers.count + watchers.auditors;
  return agents < 1_000 ? 6 : agents < 50_000 ? 8 : 11;
}

/** Adds what agents [from, to) earned to their strategies' totals. */
function collect(
  { usd, jobs }: Tally,
  agents: { readonly strategy: Uint8Array; readonly profit: Float64Array; readonly jobs: Uint32Array },
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    usd[agents.strategy[i]] += agents.profit[i];
    jobs[agents.strategy[i]] += agents.jobs[i];
  }
}
