// How populations learn from what their strategies earned since the last epoch. Payoffs are dollars per job.
import { M } from "./metrics.ts";
import type { Simulation } from "./simulation.ts";

/** Best response: some switch to the strategy with the best mean payoff among those tried.
 *  Replicator: shares grow by e^(rate × payoff above the mean). Imitation: some compare with another and copy, the odds
 *  rising with the difference (Fermi rule). Mutation is last in each: a random strategy. */
export function learn(sim: Simulation): void {
  const { populations } = sim.scenario.learning;
  const { providers, strategies, watchers } = sim;
  const { count } = watchers;
  if (populations.includes("providers")) adapt(sim, providers, strategies.providers.length);
  if (populations.includes("watchers")) adapt(sim, part(watchers, 0, count), strategies.watchers.length);
  if (populations.includes("auditors"))
    adapt(sim, part(watchers, count, count + watchers.auditors), strategies.auditors.length);
  sim.closeEpoch();
}

/** A population: what its agents play, and what that earned them since the last epoch. */
interface Population {
  readonly strategy: Uint8Array;
  readonly profit: Float64Array;
  readonly jobs: Uint32Array;
}

function part({ strategy, profit, jobs }: Population, from: number, to: number): Population {
  return { strategy: strategy.subarray(from, to), profit: profit.subarray(from, to), jobs: jobs.subarray(from, to) };
}

const zeros = (size: number): number[] => new Array<number>(size).fill(0);

function adapt(sim: Simulation, { strategy, profit, jobs }: Population, kinds: number): void {
  const { dynamics, rate, mutation, temperatureUsd } = sim.scenario.learning;
  const stream = sim.streams.learning;
  const size = strategy.length;
  if (size === 0) return;
  const payoff = zeros(kinds);
  const worked = zeros(kinds);
  const members = zeros(kinds);
  for (let i = 0; i < size; i++) {
    payoff[strategy[i]] += profit[i];
    worked[strategy[i]] += jobs[i];
    members[strategy[i]]++;
  }
  let best = -1;
  let mean = 0;
  for (let k = 0; k < kinds; k++) {
    payoff[k] = worked[k] > 0 ? payoff[k] / worked[k] : 0;
    mean += (payoff[k] * members[k]) / size;
    if (members[k] > 0 && worked[k] > 0 && (best < 0 || payoff[k] > payoff[best])) best = k;
  }
  // Replicator: for each strategy, the probability that a member leaves it, and where those who leave go.
  const leave = zeros(kinds);
  const gain = zeros(kinds);
  let gained = 0;
  if (dynamics === "replicator") {
    let total = 0;
    const weight = payoff.map((value, k) => members[k] * Math.exp(Math.min(50, rate * (value - mean))));
    for (const value of weight) total += value;
    for (let k = 0; k < kinds; k++) {
      const target = (weight[k] / total) * size;
      if (members[k] > target) leave[k] = 1 - target / members[k];
      else gained += gain[k] = target - members[k];
    }
  }
  for (let i = 0; i < size; i++) {
    sim.steps++;
    const before = strategy[i];
    if (dynamics === "bestResponse") {
      if (best >= 0 && stream.chance(rate)) strategy[i] = best;
    } else if (dynamics === "imitation") {
      if (stream.chance(rate)) {
        const other = stream.below(size);
        if (jobs[i] > 0 && jobs[other] > 0) {
          const difference = profit[other] / jobs[other] - profit[i] / jobs[i];
          if (stream.chance(1 / (1 + Math.exp(-difference / temperatureUsd)))) strategy[i] = strategy[other];
        }
      }
    } else if (leave[before] > 0 && stream.chance(leave[before])) {
      let x = stream.uniform() * gained;
      let k = 0;
      while (k < kinds - 1 && (x -= gain[k]) > 0) k++;
      strategy[i] = k;
    }
    if (mutation > 0 && stream.chance(mutation)) strategy[i] = stream.below(kinds);
    if (strategy[i] !== before) sim.metrics[M.switches]++;
  }
}
