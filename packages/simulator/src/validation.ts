// Simulation beside closed form, for every formula: each case plays what the formula is about, in the simulation kernel
// where the protocol is concerned and in a small game of its own where another system is, and compares the mean of the
// sample with the formula's result.
import { estimate, type Estimate } from "./experiment/statistics.ts";
import { evaluateFormula, formulas } from "./formulas/index.ts";
import { M } from "./kernel/metrics.ts";
import { Simulation } from "./kernel/simulation.ts";
import { providerStrategies } from "./kernel/strategies.ts";
import { Stream } from "./random.ts";
import type { Rules } from "./rules.ts";
import { type ScenarioInput, scenarioSchema } from "./scenario.ts";

export interface Case {
  readonly formula: string;
  readonly inputs: Readonly<Record<string, number>>;
  /** The formula's result that is compared. */
  readonly result: string;
  /** What the sample should be equal to, from the formula's result; itself where left out. */
  readonly expected?: (result: number) => number;
  /** `atMost`: the formula is a bound. */
  readonly relation?: "equal" | "atMost";
  readonly how: string;
  readonly sample: (rules: Rules, stream: Stream, count: number) => number[];
}

export interface Validated {
  readonly case: Case;
  readonly expected: number;
  readonly estimate: Estimate;
  /** Distance from the closed form in standard errors; 0 for a bound that is kept. */
  readonly deviation: number;
  /** Whether the 95 % interval contains the closed form, or the bound is kept. */
  readonly agrees: boolean;
}

const times = (count: number, play: () => number): number[] => Array.from({ length: count }, play);
const kind = (name: string) => providerStrategies.findIndex((strategy) => strategy.name === name);

/** Exact books: no protocol cut, gas for nothing, one fee, S as the whole of what a conviction takes. */
function plain(rules: Rules, slash: number, more: Partial<Rules> = {}): Rules {
  return {
    ...rules,
    protocolCutBps: 0,
    collateralRatioBps: Math.round(slash * 10_000),
    gasBondWei: 0,
    traceFeeWei: 0,
    delayFeeWei: 0,
    ...more,
  };
}

/** The shortest dispute: the trace, and the one block of the one tensor. */
const SHORT = { lists: 0, blocks: 0 } as const;

const market: ScenarioInput = {
  requests: 2_000,
  samples: 0,
  demand: { requesters: 40, everySeconds: 4_000, elasticity: 0, compares: 1 },
  costs: { feeUsd: 1, feeSpread: 0, honestUsd: 0.5, cheatUsd: 0, checkSeconds: 60 },
  watchers: { count: 0 },
  prices: { gasPriceGwei: 1e-9 },
};

/** One number from each of `count` runs of a scenario. */
function runs(rules: Rules, scenario: ScenarioInput, stream: Stream, count: number, read: (sim: Simulation) => number) {
  const parsed = scenarioSchema.parse({ ...market, ...scenario });
  const seed = stream.word();
  return Array.from({ length: count }, (_, replicate) =>
    read(new Simulation(rules, parsed, { seed, replicate }).run()),
  );
}

const payoff = (sim: Simulation, strategy: string) =>
  sim.payoffs[0].usd[kind(strategy)] / sim.payoffs[0].jobs[kind(strategy)];

/** Honest less cheating payoff, per job, half of the providers honest. */
function honestAdvantage(
  rules: Rules,
  stream: Stream,
  count: number,
  x: { p: number; r: number; beta: number; phi: number; S: number; C: number; Cprime: number },
): number[] {
  return runs(
    plain(rules, x.S),
    {
      costs: { ...market.costs, honestUsd: x.C, cheatUsd: x.Cprime },
      providers: { count: 20, stakeUsd: 1e7, capacity: 1e6, strategies: { honest: 1, colluding: 1 } },
      auditors: { count: 1000, rate: x.p, strategies: { diligent: 1 - x.r, colluding: x.r }, bribeUsd: 0 },
      watchers: { count: 0, missProbability: x.beta, falsePositive: x.phi },
      game: SHORT,
    },
    stream,
    count,
    (sim) => payoff(sim, "honest") - payoff(sim, "colluding"),
  );
}

const BASE = { p: 0.1, r: 0.2, beta: 0.1, phi: 0, R: 1, C: 0.5, Cprime: 0.1 };

export const cases: readonly Case[] = [
  {
    formula: "F1",
    inputs: { C: 0.4, R: 3, L: 1 },
    result: "X_min",
    expected: () => 0,
    how: "gain of checking over not checking, at the cheating rate X_min",
    sample: (_rules, stream, count) => {
      const X = evaluateFormula("F1", { C: 0.4, R: 3, L: 1 }).results.X_min as number;
      return times(count * 100, () => (stream.chance(X) ? 3 + 1 : 0) - 0.4);
    },
  },
  {
    formula: "F2",
    inputs: { C: 0.5, R: 1, S: 9, r: 0.2 },
    result: "p_min",
    expected: () => 0,
    how: "kernel: honest less cheating payoff at the audit rate p_min, auditors bought with probability r",
    sample: (rules, stream, count) =>
      honestAdvantage(rules, stream, count, { p: 0.5 / (0.8 * 10), r: 0.2, beta: 0, phi: 0, S: 9, C: 0.5, Cprime: 0 }),
  },
  {
    formula: "F3",
    inputs: { p: 0.1 },
    result: "frauds",
    how: "frauds until the first detected one",
    sample: (_rules, stream, count) =>
      times(count * 100, () => {
        let frauds = 0;
        while (!stream.chance(0.1)) frauds++;
        return frauds;
      }),
  },
  {
    formula: "F4",
    inputs: { B: 1, S: 4, Z: 9, m: 5 },
    result: "alpha_m",
    expected: () => 1,
    how: "what a lie earns its announcer when each of m watchers checks with alpha_m: as much as honesty, B",
    sample: (_rules, stream, count) => {
      const alpha = evaluateFormula("F4", { B: 1, S: 4, Z: 9, m: 5 }).results.alpha_m as number;
      return times(count * 100, () => {
        for (let i = 0; i < 5; i++) if (stream.chance(alpha)) return -4;
        return 9;
      });
    },
  },
  {
    formula: "F5",
    inputs: { mu: 12, c: 1, n: 5 },
    result: "worth",
    how: "prize of one of n watchers that race each other and the liar's sock puppet",
    sample: (_rules, stream, count) => times(count * 100, () => (stream.below(6) === 0 ? 12 : 0)),
  },
  {
    formula: "F6",
    inputs: { depth: 40 },
    result: "bond",
    how: "the bond raised depth by depth by the 73rd root of 750",
    sample: () => {
      let bond = 0.08;
      for (let depth = 0; depth < 40; depth++) bond *= Math.exp(Math.log(750) / 73);
      return [bond, bond];
    },
  },
  {
    formula: "F7",
    inputs: { share: 0.2 },
    result: "penalty",
    how: "the specification's integers: effective balance times adjusted slashed balance over all, in whole increments",
    sample: () => times(2, () => Number((32n * 10n ** 9n * (200n * 3n)) / 1000n) / 32e9),
  },
  {
    formula: "F8",
    inputs: { n: 100, p: 0.02 },
    result: "deviation",
    expected: (x) => x * x,
    how: "squared relative deviation of the payout of n tickets",
    sample: (_rules, stream, count) =>
      times(count * 50, () => {
        let wins = 0;
        for (let i = 0; i < 100; i++) if (stream.chance(0.02)) wins++;
        return (wins / 2 - 1) ** 2;
      }),
  },
  {
    formula: "F9",
    inputs: { gamma: 0.5, psi: 0.2 },
    result: "bound",
    relation: "atMost",
    how: "stake lost by the worst cascade after a fifth is gone, in random networks of five validators with a buffer of 0.5",
    sample: (_rules, stream, count) => times(count, () => worstCascade(stream, 0.5)),
  },
  {
    formula: "F10",
    inputs: { P: 0.4, share: 0.25, S: 70, value: 7 },
    result: "S_min",
    expected: () => 0,
    how: "an attacker's gain at the stake S_min",
    sample: (_rules, stream, count) => times(count * 100, () => 7 - (stream.chance(0.4) ? 0.25 * 70 : 0)),
  },
  {
    formula: "F11",
    inputs: { value: 1000, yield: 0.05, weeks: 2 },
    result: "bond",
    how: "yield of a random path of weekly returns of that mean over two weeks",
    sample: (_rules, stream, count) =>
      times(count * 100, () => {
        let earned = 0;
        for (let week = 0; week < 2; week++) earned += 1000 * (0.05 / 52) * (1 + 0.5 * stream.normal());
        return earned;
      }),
  },
  {
    formula: "F12",
    inputs: { J: 8, k: 3 },
    result: "payout",
    expected: (x) => x - 0.5,
    how: "kernel: what a check of an answer with a planted error leaves each of three watchers, at 0.5 a check",
    sample: (rules, stream, count) =>
      runs(
        plain(rules, 38),
        {
          requests: 200,
          providers: { count: 10, stakeUsd: 1e6 },
          watchers: { count: 3, attention: 3, strategies: { always: 1 } },
          auditors: { count: 0 },
          forcedErrors: { rate: 1, payoutUsd: 8 },
        },
        stream,
        Math.min(count, 5),
        (sim) => sim.payoffs[1].usd[0] / sim.payoffs[1].jobs[0],
      ),
  },
  {
    formula: "deterrence",
    inputs: { ...BASE, S: 20, phi: 0.01 },
    result: "margin",
    how: "kernel: honest less cheating payoff per job, with bought auditors, missed cheats and false convictions",
    sample: (rules, stream, count) => honestAdvantage(rules, stream, count, { ...BASE, S: 20, phi: 0.01 }),
  },
  {
    formula: "slash-window",
    inputs: { ...BASE, phi: 0.02, m: 0.1 },
    result: "S_min",
    expected: () => 0,
    how: "kernel: honest less cheating payoff at the slash S_min",
    sample: (rules, stream, count) => {
      const S = evaluateFormula("slash-window", { ...BASE, phi: 0.02, m: 0.1 }).results.S_min as number;
      return honestAdvantage(rules, stream, count, { ...BASE, phi: 0.02, S });
    },
  },
  {
    formula: "slash-window",
    inputs: { ...BASE, phi: 0.02, m: 0.1 },
    result: "S_max",
    expected: () => 0.1,
    how: "kernel: what honest work leaves at the slash S_max, the margin m",
    sample: (rules, stream, count) => {
      const S = evaluateFormula("slash-window", { ...BASE, phi: 0.02, m: 0.1 }).results.S_max as number;
      return runs(
        plain(rules, S),
        {
          providers: { count: 20, stakeUsd: 1e7, capacity: 1e6, strategies: { honest: 1 } },
          auditors: { count: 10, rate: BASE.p },
          watchers: { count: 0, falsePositive: 0.02 },
          game: SHORT,
        },
        stream,
        count,
        (sim) => payoff(sim, "honest"),
      );
    },
  },
  {
    formula: "exposure",
    inputs: { p: 0.05, R: 1, C: 1, Cprime: 0.1, n: 20 },
    result: "K",
    expected: () => 0,
    how: "gain of cheating on all n claims of one stake K over being honest on all",
    sample: (_rules, stream, count) => {
      const K = evaluateFormula("exposure", { p: 0.05, R: 1, C: 1, Cprime: 0.1, n: 20 }).results.K as number;
      return times(count * 100, () => {
        let caught = 0;
        for (let claim = 0; claim < 20; claim++) if (stream.chance(0.05)) caught++;
        return 20 * 0.9 - caught - (caught > 0 ? K : 0);
      });
    },
  },
  {
    formula: "inspection",
    inputs: { R: 1, C: 0.5, S: 19, rho: 0.3, c: 0.4 },
    result: "v*",
    expected: () => 0,
    how: "kernel: honest less cheating payoff at the audit rate v*",
    sample: (rules, stream, count) =>
      honestAdvantage(rules, stream, count, { p: 0.5 / 20, r: 0, beta: 0, phi: 0, S: 19, C: 0.5, Cprime: 0 }),
  },
  {
    formula: "inspection",
    inputs: { R: 1, C: 0.5, S: 19, rho: 0.3, c: 0.4 },
    result: "q*",
    expected: () => 0,
    how: "kernel: what a check leaves a watcher when answers are wrong with probability q*",
    sample: (rules, stream, count) =>
      runs(
        plain(rules, 19, { slashBurnBps: 7000, slashChallengerBps: 3000, slashGasBps: 0 }),
        {
          costs: { ...market.costs, checkUsd: 0.4 },
          providers: { count: 20, stakeUsd: 1e7, strategies: { sometimes: 1 }, cheatProbability: 0.4 / (0.3 * 19) },
          watchers: { count: 1, attention: 1, strategies: { always: 1 } },
          auditors: { count: 0 },
          game: SHORT,
        },
        stream,
        count,
        (sim) => sim.payoffs[1].usd[0] / sim.payoffs[1].jobs[0],
      ),
  },
  {
    formula: "self-conviction",
    inputs: { S: 20, rho: 0.3 },
    result: "loss",
    expected: (x) => x + 1 - 0.5,
    how: "kernel: loss per lie of a provider that is always found out and always convicts itself first: the slash less its own share, and the fee, less the work saved",
    sample: (rules, stream, count) =>
      runs(
        plain(rules, 20, { slashBurnBps: 7000, slashChallengerBps: 3000, slashGasBps: 0 }),
        {
          requests: 500,
          providers: { count: 20, stakeUsd: 1e7, strategies: { selfChallenging: 1 } },
          watchers: { count: 1, attention: 1, strategies: { always: 1 } },
          auditors: { count: 0 },
          // Its puppet answers within seconds, others within weeks.
          game: { ...SHORT, moveSeconds: 20_000 },
        },
        stream,
        Math.min(count, 20),
        (sim) => {
          const self = kind("selfChallenging");
          return -sim.lies.usd[self] / sim.lies.count[self];
        },
      ),
  },
  {
    formula: "delay-cost",
    inputs: { value: 1, yield: 52, weeks: 6 / 7 },
    result: "cost",
    relation: "atMost",
    how: "kernel: longest delay that false challenges cause, in weeks, beside window and both clocks together",
    sample: (rules, stream, count) =>
      runs(
        rules,
        {
          requests: 300,
          providers: { count: 10, stakeUsd: 1e6 },
          watchers: { count: 5, attention: 5, strategies: { griefing: 1 }, griefProbability: 0.5 },
          auditors: { count: 0 },
        },
        stream,
        Math.min(count, 20),
        (sim) => (sim.metrics[M.latestDelaySeconds] + sim.rules.windowSeconds) / 604_800,
      ),
  },
];

/** The share of stake lost when one of five validators is gone and every profitable attack follows. */
function worstCascade(stream: Stream, gamma: number): number {
  const everyone = [0, 1, 2, 3, 4];
  for (;;) {
    const services = Array.from({ length: 3 }, () => ({
      members: everyone.filter(() => stream.chance(0.6)),
      profit: 0.1 + 1.5 * stream.uniform(),
    }));
    /** A coalition among those standing whose attack pays, with the buffer: stakes are one each. */
    const attack = (standing: readonly number[], open: typeof services, buffer: number) => {
      for (let mask = 1; mask < 32; mask++) {
        const coalition = standing.filter((i) => mask & (1 << i));
        const hit = open.filter(({ members }) => {
          const total = members.filter((i) => standing.includes(i)).length;
          const held = members.filter((i) => coalition.includes(i)).length;
          return held > 0 && 3 * held >= total;
        });
        const profit = hit.reduce((sum, service) => sum + service.profit, 0);
        if (coalition.length > 0 && (1 + buffer) * profit > coalition.length) return { coalition, hit };
      }
      return undefined;
    };
    if (attack(everyone, services, gamma) !== undefined) continue;
    let worst = 0;
    for (const gone of everyone) {
      let standing = everyone.filter((i) => i !== gone);
      let open = services;
      for (let next = attack(standing, open, 0); next !== undefined; next = attack(standing, open, 0)) {
        const { coalition, hit } = next;
        standing = standing.filter((i) => !coalition.includes(i));
        open = open.filter((service) => !hit.includes(service));
      }
      worst = Math.max(worst, 1 - standing.length / 5);
    }
    return worst;
  }
}

/** Plays every case: `count` runs of the kernel each, a hundred times as many plays of small games. */
export function validate(rules: Rules, seed: number, count: number, onCase?: (done: number) => void): Validated[] {
  return cases.map((one, i) => {
    const result = evaluateFormula(one.formula, one.inputs).results[one.result] as number;
    const expected = one.expected === undefined ? result : one.expected(result);
    const samples = one.sample(rules, new Stream(seed, i), count);
    const found = estimate(samples);
    onCase?.(i + 1);
    if (one.relation === "atMost") {
      const most = Math.max(...samples);
      return {
        case: one,
        expected,
        estimate: found,
        deviation: most <= expected ? 0 : Infinity,
        agrees: most <= expected,
      };
    }
    const difference = Math.abs(found.mean - expected);
    const exact = difference <= 1e-9 * Math.max(1, Math.abs(expected));
    return {
      case: one,
      expected,
      estimate: found,
      deviation: exact ? 0 : (1.96 * difference) / found.error,
      agrees: exact || difference <= found.error,
    };
  });
}

/** Formulas that no case plays: must be none. */
export function unvalidated(): string[] {
  return [...formulas.keys()].filter((name) => !cases.some(({ formula }) => formula === name));
}
