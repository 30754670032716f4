// The world around: prices, events, epochs of learning, and the time series of what is going on.
import { moveDelegation, reconsiderDelegation } from "./delegation.ts";
import { learn } from "./learning.ts";
import { M } from "./metrics.ts";
import type { Simulation } from "./simulation.ts";
import { DELEGATOR, EPOCH, EVENT, PRICE, SAMPLE, SYSTEM } from "./timers.ts";

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

/** What goes on beside the agents. */
export class World {
  /** Which event is next. */
  event = 0;
  /** A shared bug: until when, and of providers below which index. */
  faultUntil = 0;
  faultBelow = 0;
  // Since the last sample: answers, wrong ones, checks.
  posted = 0;
  wrong = 0;
  checks = 0;
}

/** Sets the first timers of the world. */
export function beginWorld({ prices, scenario, wheel, requesters }: Simulation): void {
  if (scenario.learning.dynamics !== "none") wheel.set(SYSTEM, EPOCH, Math.ceil(scenario.learning.everySeconds));
  if (prices.moves) wheel.set(SYSTEM, PRICE, Math.ceil(scenario.prices.everySeconds));
  if (prices.events.length > 0) wheel.set(SYSTEM, EVENT, Math.ceil(prices.events[0].atSeconds));
  if (scenario.samples > 0) wheel.set(SYSTEM, SAMPLE, sampleEvery(scenario, requesters.count));
}

/** Seconds between two samples of the time series. */
function sampleEvery(
  { durationSeconds, requests, demand, samples }: Simulation["scenario"],
  requesters: number,
): number {
  const expected = Math.min(durationSeconds, (requests / requesters) * demand.everySeconds);
  return Math.max(1, Math.floor(expected / samples));
}

export function onSystem(sim: Simulation, owner: number): void {
  const { prices, scenario, wheel, world } = sim;
  switch (owner) {
    case EPOCH:
      learn(sim);
      reconsiderDelegation(sim);
      wheel.set(SYSTEM, EPOCH, wheel.now + Math.ceil(scenario.learning.everySeconds));
      return;
    case PRICE:
      prices.step();
      wheel.set(SYSTEM, PRICE, wheel.now + Math.ceil(scenario.prices.everySeconds));
      return;
    case SAMPLE:
      sample(sim);
      if (sim.series.length < scenario.samples)
        wheel.set(SYSTEM, SAMPLE, wheel.now + sampleEvery(scenario, sim.requesters.count));
      return;
    case EVENT: {
      const event = prices.events[world.event++];
      if (event.kind === "fault") {
        world.faultUntil = wheel.now + event.lastsSeconds;
        world.faultBelow = Math.round(event.share * sim.providers.count);
      } else prices.apply(event);
      const next = prices.events[world.event];
      if (next !== undefined) wheel.set(SYSTEM, EVENT, Math.ceil(next.atSeconds));
      return;
    }
    default:
      moveDelegation(sim, owner - DELEGATOR);
  }
}

function sample(sim: Simulation): void {
  const { claims, metrics, prices, world } = sim;
  const posted = Math.max(1, world.posted);
  sim.series.push([
    sim.wheel.now / 86_400,
    world.wrong / posted,
    world.checks / posted,
    sim.cheatingShare(),
    prices.tokenUsd,
    prices.gasPriceWei / 1e9,
    claims.open,
    metrics[M.convictedByProof] + metrics[M.convictedBySilence],
  ]);
  world.wrong = world.posted = world.checks = 0;
}
