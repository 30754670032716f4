// What a run is judged by: named numbers read off a finished simulation. A number that rests on no sample is NaN.
import { M, METRICS } from "../kernel/metrics.ts";
import { providerStrategies } from "../kernel/strategies.ts";
import type { Simulation } from "../kernel/simulation.ts";

export interface Output {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
  readonly read: (sim: Simulation) => number;
}

const share = (part: number, whole: number) => (whole > 0 ? part / whole : NaN);

const sum = (values: Float64Array) => values.reduce((total, x) => total + x, 0);

/** Dollars per decided job of a provider strategy. */
function payoff(sim: Simulation, strategy: number): number {
  return share(sim.payoffs[0].usd[strategy], sim.payoffs[0].jobs[strategy]);
}

/** Dollars that a wrong answer earned above an honest one, per wrong answer of a strategy. */
function lieGain(sim: Simulation, strategy: number): number {
  return share(sim.lies.usd[strategy], sim.lies.count[strategy]);
}

/** The best payoff of a strategy other than honesty, less honesty's: positive where cheating pays. */
function advantage(sim: Simulation): number {
  const honest = payoff(sim, 0);
  let best = NaN;
  for (let k = 1; k < sim.strategies.providers.length; k++) {
    const other = payoff(sim, k);
    if (!Number.isNaN(other) && !(other <= best)) best = other;
  }
  return best - honest;
}

const judged: readonly Output[] = [
  {
    name: "advantage",
    unit: "USD per job",
    meaning: "best cheating payoff less the honest one: above 0, cheating pays",
    read: advantage,
  },
  {
    name: "lieGain",
    unit: "USD per wrong answer",
    meaning: "what a wrong answer earned above an honest one to the same request: above 0, cheating pays",
    read: (sim) => share(sum(sim.lies.usd), sum(sim.lies.count)),
  },
  {
    name: "honestPayoff",
    unit: "USD per job",
    meaning: "what an honest job leaves its provider",
    read: (sim) => payoff(sim, 0),
  },
  {
    name: "wrongShare",
    unit: "share",
    meaning: "answers that are wrong and were paid, of all paid",
    read: (sim) => share(sim.metrics[M.finalisedWrong], sim.metrics[M.finalised]),
  },
  {
    name: "caughtShare",
    unit: "share",
    meaning: "wrong answers that were convicted",
    read: (sim) =>
      share(
        sim.metrics[M.convictedByProof] + sim.metrics[M.convictedBySilence] - sim.metrics[M.convictedHonest],
        sim.metrics[M.wrong],
      ),
  },
  {
    name: "checkedShare",
    unit: "share",
    meaning: "checks per answer, audits included",
    read: (sim) => share(sim.metrics[M.checks], sim.metrics[M.posted]),
  },
  {
    name: "cheatingStrategies",
    unit: "share",
    meaning: "providers whose strategy is not honest at the end",
    read: (sim) => sim.cheatingShare(),
  },
  {
    name: "honestConvicted",
    unit: "count",
    meaning: "right answers that were convicted",
    read: (sim) => sim.metrics[M.convictedHonest],
  },
  {
    name: "harmPerRequest",
    unit: "USD",
    meaning: "value lost to wrong answers, per request",
    read: (sim) => share(sim.metrics[M.harmUsd], sim.metrics[M.requests]),
  },
  {
    name: "servedShare",
    unit: "share",
    meaning: "requests that found a provider",
    read: (sim) => 1 - share(sim.metrics[M.unserved], sim.metrics[M.requests]),
  },
  {
    name: "refundedShare",
    unit: "share",
    meaning: "accepted requests that came back unanswered",
    read: (sim) => share(sim.metrics[M.refunded], sim.metrics[M.accepted]),
  },
  {
    name: "meanDelay",
    unit: "seconds",
    meaning: "how much later than its window an answer is paid, on average",
    read: (sim) => share(sim.metrics[M.delaySeconds], sim.metrics[M.finalised]),
  },
  {
    name: "longestDelay",
    unit: "seconds",
    meaning: "the same at worst",
    read: (sim) => sim.metrics[M.latestDelaySeconds],
  },
  {
    name: "collateral",
    unit: "multiples of the fee",
    meaning: "collateral locked per answer",
    read: (sim) => sim.rules.collateralRatioBps / 10_000,
  },
  {
    name: "watcherPayoff",
    unit: "USD per check",
    meaning: "what checking leaves watchers",
    read: (sim) => {
      const { usd, jobs } = sim.payoffs[1];
      return share(sum(usd), sum(jobs));
    },
  },
  {
    name: "griefCost",
    unit: "USD per lost challenge",
    meaning: "bonds and gas that losing challengers pay",
    read: (sim) => {
      const griefing = sim.strategies.watchers.findIndex(({ name }) => name === "griefing");
      return share(-sim.payoffs[1].usd[griefing], sim.metrics[M.griefed]);
    },
  },
];

const lieGains: readonly Output[] = providerStrategies.slice(1).map(({ name }, strategy) => ({
  name: `lieGain.${name}`,
  unit: "USD per wrong answer",
  meaning: `what a wrong answer by ${name} earned above an honest one to the same request`,
  read: (sim) => lieGain(sim, strategy + 1),
}));

const payoffs: readonly Output[] = providerStrategies.map(({ name }, strategy) => ({
  name: `payoff.${name}`,
  unit: "USD per job",
  meaning: `what a job leaves a provider that plays ${name}`,
  read: (sim) => payoff(sim, strategy),
}));

const raw: readonly Output[] = METRICS.map((metric) => ({
  name: `count.${metric}`,
  unit: metric.endsWith("Usd") ? "USD" : metric.endsWith("Seconds") ? "seconds" : "count",
  meaning: `${metric} in the whole run`,
  read: (sim) => sim.metrics[M[metric]],
}));

/** Every column of a result row after its place and its axes, in order. */
export const OUTPUTS: readonly Output[] = [
  ...judged,
  ...lieGains,
  ...payoffs,
  ...raw,
  { name: "count.steps", unit: "count", meaning: "decisions made and timers handled", read: (sim) => sim.steps },
];

export const OUTPUT_INDEX: ReadonlyMap<string, number> = new Map(OUTPUTS.map(({ name }, index) => [name, index]));
