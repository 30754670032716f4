// How a run begins: who is who, what everybody deposits, and the first timers.
import type { Stream } from "../random.ts";
import { delegate } from "./delegation.ts";
import type { Simulation } from "./simulation.ts";
import { sharesOf } from "./strategies.ts";
import { REQUESTER } from "./timers.ts";
import { beginWorld } from "./world.ts";

export function setUp(sim: Simulation, stream: Stream): void {
  const { delegators, money, providers, requesters, scenario, strategies, watchers, wheel } = sim;
  const fill = (population: Uint8Array, kind: "providers" | "watchers" | "auditors"): void =>
    assign(population, sharesOf(scenario[kind].strategies, strategies[kind], `${kind}.strategies`), stream);
  fill(providers.strategy, "providers");
  fill(watchers.strategy.subarray(0, watchers.count), "watchers");
  fill(watchers.strategy.subarray(watchers.count), "auditors");

  const stake = money.units(scenario.providers.stakeUsd);
  const { feeSpread, feeUsd } = scenario.costs;
  for (let i = 0; i < providers.count; i++) {
    providers.stake[i] = stake;
    money.deposited += stake;
    // A log-normal of mean one.
    providers.ask[i] = feeUsd * Math.exp(feeSpread * stream.normal() - (feeSpread * feeSpread) / 2);
  }
  if (scenario.channel.share > 0) {
    const lock = money.units(scenario.channel.lockRatio * feeUsd);
    for (let i = 0; i < providers.count; i++) {
      providers.channel[i] = Math.min(lock, providers.stake[i]);
      providers.locked[i] += providers.channel[i];
    }
  }
  const { asleep } = scenario.watchers;
  for (let i = 0; i < watchers.count; i++) watchers.asleep[i] = stream.chance(asleep) ? 1 : 0;
  for (let i = 0; i < delegators.count; i++)
    delegate(sim, i, stream.below(providers.count), money.units(scenario.delegators.amountUsd));
  for (let i = 0; i < requesters.count; i++)
    wheel.set(REQUESTER, i, Math.floor(stream.uniform() * 2 * scenario.demand.everySeconds));
  beginWorld(sim);
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
