// Delegation: what others trust a provider with is slashed with it, and leaves through the unbonding queue.
import type { Simulation } from "./simulation.ts";
import { freeStake } from "./requests.ts";
import { DELEGATOR, SYSTEM } from "./timers.ts";

export function delegate(sim: Simulation, delegator: number, provider: number, units: number): void {
  const { delegators, money, providers } = sim;
  const assets = providers.delegated[provider];
  const shares = providers.shares[provider];
  // One virtual unit and share: no inflation of the share's price, and a deposit works after a total slash.
  const minted = Math.floor((units * (shares + 1)) / (assets + 1));
  delegators.provider[delegator] = provider;
  delegators.shares[delegator] = minted;
  providers.shares[provider] = shares + minted;
  providers.delegated[provider] = assets + units;
  money.deposited += units;
}

/** Delegators of slashed providers may leave: the stake stays slashable until the queue ends. */
export function reconsiderDelegation(sim: Simulation): void {
  const { delegators, providers } = sim;
  const { leaveProbability } = sim.scenario.delegators;
  for (let i = 0; i < delegators.count; i++) {
    sim.steps++;
    if (delegators.queued[i] !== 0 || providers.slashed[delegators.provider[i]] === 0) continue;
    if (!sim.streams.learning.chance(leaveProbability)) continue;
    delegators.queued[i] = 1;
    sim.wheel.set(SYSTEM, DELEGATOR + i, sim.wheel.now + sim.rules.unbondingSeconds);
  }
  providers.slashed.fill(0);
}

/** A delegator's time in the queue is over: it takes what is left, and trusts another. */
export function moveDelegation(sim: Simulation, delegator: number): void {
  const { delegators, money, providers } = sim;
  const provider = delegators.provider[delegator];
  const shares = delegators.shares[delegator];
  const assets = Math.floor((shares * (providers.delegated[provider] + 1)) / (providers.shares[provider] + 1));
  const units = Math.min(assets, Math.max(0, freeStake(sim, provider)), providers.delegated[provider]);
  delegators.queued[delegator] = 0;
  providers.shares[provider] -= shares;
  providers.delegated[provider] -= units;
  money.withdrawn += units;
  delegate(sim, delegator, sim.streams.learning.below(providers.count), units);
}
