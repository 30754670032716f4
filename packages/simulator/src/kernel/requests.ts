// Requests: who asks, which provider takes it behind which collateral, and what happens when it does not answer in time.
import { shareUp } from "../rules.ts";
import { ACCEPTED, CALLBACK, FORCED, OVER_CHANNEL } from "./claims.ts";
import { job, slash } from "./endings.ts";
import { M } from "./metrics.ts";
import type { Simulation } from "./simulation.ts";
import { ABSENT, WRONG } from "./strategies.ts";
import { CLAIM, REQUESTER } from "./timers.ts";
import { NONE } from "./wheel.ts";

/** A requester's timer: it sends its next request, unless nobody has room or the price is above what it is worth. */
export function request(sim: Simulation, requester: number): void {
  if (!sim.demandOpen()) return;
  const { metrics, providers, scenario } = sim;
  const { demand, channel } = scenario;
  const stream = sim.streams.demand;
  sim.wheel.set(REQUESTER, requester, sim.wheel.now + 1 + Math.floor(stream.exponential(demand.everySeconds)));
  metrics[M.requests]++;

  const overChannel = channel.share > 0 && stream.chance(channel.share);
  const provider = choose(sim, overChannel);
  if (provider === NONE) {
    metrics[M.unserved]++;
    return;
  }
  const ask = providers.ask[provider];
  if (demand.elasticity > 0 && ask > scenario.costs.feeUsd) {
    const interest = (ask / scenario.costs.feeUsd) ** -demand.elasticity;
    if (!stream.chance(interest)) {
      metrics[M.declined]++;
      return;
    }
  }
  const { claims, money } = sim;
  const claim = claims.take();
  claims.open++;
  const fee = money.units(ask);
  claims.requester[claim] = requester;
  claims.fee[claim] = fee;
  claims.value[claim] =
    demand.valueSpread === 0 ? demand.valueUsd : demand.valueUsd * Math.exp(demand.valueSpread * stream.normal());
  claims.attempts[claim] = 0;
  sim.requesters.balance[requester] -= fee;
  money.escrow += fee;
  const calledBack = demand.callbackShare > 0 && !overChannel && stream.chance(demand.callbackShare);
  sim.note(calledBack ? "requestWithCallback" : "request", claim, NONE, requester, fee);
  accept(sim, claim, provider, (overChannel ? OVER_CHANNEL : 0) | (calledBack ? CALLBACK : 0));
}

/** The cheapest of a few neighbouring providers that has room, or NONE. */
function choose(sim: Simulation, overChannel: boolean): number {
  const { compares } = sim.scenario.demand;
  const { ask, count } = sim.providers;
  let provider = count > 1 ? sim.streams.demand.below(count) : 0;
  let best = NONE;
  for (let i = 0; i < compares; i++) {
    if ((best === NONE || ask[provider] < ask[best]) && hasRoom(sim, provider, overChannel)) best = provider;
    if (++provider === count) provider = 0;
  }
  sim.steps++;
  return best;
}

function hasRoom(sim: Simulation, provider: number, overChannel: boolean): boolean {
  const { providers, scenario } = sim;
  if (overChannel)
    return providers.receipts[provider] < scenario.channel.openReceipts && providers.channel[provider] > 0;
  if (providers.open[provider] >= scenario.providers.capacity) return false;
  const fee = sim.money.units(providers.ask[provider]);
  return freeStake(sim, provider) >= sim.mechanism.collateral(sim.rules, fee);
}

/** What of a provider's stake, its own and trusted, is behind no claim. */
export function freeStake({ providers }: Simulation, provider: number): number {
  return providers.stake[provider] + providers.delegated[provider] - providers.locked[provider];
}

/** A provider takes a claim and locks its collateral; `bits` are those the request came with. */
function accept(sim: Simulation, claim: number, provider: number, bits: number): void {
  const { claims, money, metrics, providers, scenario, streams, wheel, world } = sim;
  const overChannel = (bits & OVER_CHANNEL) !== 0;
  const collateral = overChannel ? 0 : sim.mechanism.collateral(sim.rules, claims.fee[claim]);
  claims.provider[claim] = provider;
  claims.collateral[claim] = collateral;
  claims.stage[claim] = ACCEPTED;
  claims.dispute[claim] = NONE;
  metrics[M.lockSeconds] -= wheel.now;
  claims.watcher[claim] = sim.watchers.count > 1 ? streams.watcher.below(sim.watchers.count) : 0;
  providers.locked[provider] += collateral;
  if (overChannel) {
    providers.receipts[provider]++;
    metrics[M.receipts]++;
  } else {
    providers.open[provider]++;
    const gas = money.gasUsd(scenario.costs.acceptGas);
    metrics[M.marketGasUsd] += gas;
    providers.profit[provider] -= gas;
  }
  metrics[M.accepted]++;
  sim.steps++;
  sim.note("accept", claim, NONE, provider);

  let answer = sim.strategies.providers[providers.strategy[provider]].act(sim, provider, claim);
  // A shared bug makes right answers wrong, whoever gives them.
  if (wheel.now < world.faultUntil && provider < world.faultBelow) answer |= WRONG;
  const { rate } = scenario.forcedErrors;
  if (rate > 0 && streams.auditor.chance(rate)) answer |= FORCED;
  claims.bits[claim] = bits | answer;
  const deadline = wheel.now + sim.rules.answerSeconds;
  claims.time[claim] = deadline;
  const ready = wheel.now + Math.floor(streams.provider.exponential(scenario.costs.answerSeconds));
  const at = answer & ABSENT ? deadline : sim.prices.included(ready);
  wheel.set(CLAIM, claim, at < deadline ? at : sim.prices.included(deadline));
}

/** The provider did not answer in time: a part of the collateral goes, and the request to somebody else. */
export function miss(sim: Simulation, claim: number): void {
  const { claims, mechanism, metrics, money, requesters, rules } = sim;
  const provider = claims.provider[claim];
  const penalty = mechanism.penalty(rules, claims.collateral[claim]);
  metrics[M.missed]++;
  unlock(sim, claim);
  slash(sim, provider, penalty);
  const burned = shareUp(penalty, rules.slashBurnBps);
  money.burned += burned;
  requesters.balance[claims.requester[claim]] += penalty - burned;
  metrics[M.burnedUsd] += money.usd(burned);
  metrics[M.requestersUsd] += money.usd(penalty - burned);
  job(sim, provider, 0);
  sim.note("expire", claim);
  if (claims.attempts[claim] < rules.maxReassignments) {
    const bits = claims.bits[claim] & (OVER_CHANNEL | CALLBACK);
    const other = choose(sim, (bits & OVER_CHANNEL) !== 0);
    if (other !== NONE && mechanism.collateral(rules, claims.fee[claim]) <= freeStake(sim, other)) {
      claims.attempts[claim]++;
      metrics[M.reassigned]++;
      accept(sim, claim, other, bits);
      return;
    }
  }
  metrics[M.refunded]++;
  refund(sim, claim);
  claims.open--;
  claims.give(claim);
}

/** The fee goes back to whoever paid it. */
export function refund({ claims, money, requesters }: Simulation, claim: number): void {
  const fee = claims.fee[claim];
  money.escrow -= fee;
  requesters.balance[claims.requester[claim]] += fee;
}

/** The collateral of a claim that has ended stands behind nothing any more. */
export function unlock({ claims, metrics, providers, wheel }: Simulation, claim: number): void {
  const provider = claims.provider[claim];
  metrics[M.lockSeconds] += wheel.now;
  providers.locked[provider] -= claims.collateral[claim];
  if (claims.bits[claim] & OVER_CHANNEL) providers.receipts[provider]--;
  else providers.open[provider]--;
}
