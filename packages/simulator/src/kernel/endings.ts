// How claims end: paid, or disproved, slashed and, after a delay, rewarded.
import { BOND } from "../gas.ts";
import { ATTESTED, CALLBACK, FELL, OVER_CHANNEL, WINDOW_OVER } from "./claims.ts";
import { BEATEN, CLOSED, PREPARING } from "./games.ts";
import { earn, payWei } from "./challenge.ts";
import { M } from "./metrics.ts";
import { refund, unlock } from "./requests.ts";
import type { Simulation } from "./simulation.ts";
import { CHEAP, WRONG } from "./strategies.ts";
import { CLAIM } from "./timers.ts";
import { NONE } from "./wheel.ts";

/** The window is over and no game is open: the provider is paid. */
export function finalise(sim: Simulation, claim: number): void {
  const { claims, metrics, money, providers, rules, scenario, wheel } = sim;
  const { costs, demand } = scenario;
  const provider = claims.provider[claim];
  const bits = claims.bits[claim];
  const fee = claims.fee[claim];
  if (claims.dispute[claim] !== NONE) closeGames(sim, claim, NONE, 0);
  unlock(sim, claim);
  money.escrow -= fee;
  providers.earnings[provider] += fee;
  providers.record[provider]++;
  metrics[M.finalised]++;
  metrics[M.feesUsd] += money.usd(fee);
  const delay = wheel.now - claims.time[claim];
  metrics[M.delaySeconds] += delay;
  if (delay > metrics[M.latestDelaySeconds]) metrics[M.latestDelaySeconds] = delay;

  let gas = 0;
  if ((bits & OVER_CHANNEL) === 0) gas = money.gasUsd(costs.finaliseGas + (bits & CALLBACK ? demand.callbackGas : 0));
  metrics[M.marketGasUsd] += gas;
  let profit = money.usd(fee - sim.mechanism.cut(rules, fee)) - gas;
  if (bits & WRONG) {
    const value = claims.value[claim];
    const gain = costs.gainPerValue * value + costs.bribeUsd;
    metrics[M.finalisedWrong]++;
    metrics[M.harmUsd] += value;
    metrics[M.gainUsd] += gain;
    profit += gain;
    lie(sim, claim, gain);
  }
  job(sim, provider, profit);
  if (bits & CALLBACK) metrics[M.callbacks]++;
  sim.note(bits & CALLBACK ? "finaliseAndCall" : "finalise", claim);
  claims.open--;
  if (claims.dispute[claim] !== NONE) sim.disputes.give(claims.dispute[claim]);
  claims.give(claim);
}

/** Notes what a wrong answer earned, beside the work it saved. */
function lie(sim: Simulation, claim: number, usd: number): void {
  const { costs } = sim.scenario;
  const strategy = sim.providers.strategy[sim.claims.provider[claim]];
  const saved = sim.claims.bits[claim] & CHEAP ? costs.honestUsd - costs.cheatUsd : 0;
  sim.lies.count[strategy]++;
  sim.lies.usd[strategy] += usd + saved;
}

/** Adds a decided job to what its provider learns from. */
export function job({ providers }: Simulation, provider: number, usd: number): void {
  providers.profit[provider] += usd;
  providers.jobs[provider]++;
}

/** Takes a slash from a provider's stake and pro rata from what it was trusted with, rounded against the slashed. */
export function slash({ metrics, money, providers }: Simulation, provider: number, amount: number): void {
  const own = providers.stake[provider];
  const trusted = providers.delegated[provider];
  const fromTrusted = trusted === 0 ? 0 : Math.min(trusted, Math.floor((amount * trusted) / (own + trusted)));
  const fromOwn = Math.min(own, amount - fromTrusted);
  providers.stake[provider] = own - fromOwn;
  providers.delegated[provider] = trusted - fromTrusted;
  providers.profit[provider] -= money.usd(fromOwn);
  providers.slashed[provider] = 1;
  providers.record[provider] = 0;
  metrics[M.slashedUsd] += money.usd(amount);
}

/** A committed proof is sent: it rewards its sender, unless a game that still stands had pinned the block before. */
export function convictCommitted(sim: Simulation, game: number): void {
  const { claims, disputes, games } = sim;
  const claim = games.claim[game];
  sim.note("proveCommitted", claim, game, games.challenger[game]);
  const first = games.bits[game] & BEATEN ? disputes.pinned[claims.dispute[claim]] : NONE;
  convict(sim, claim, game, first < 0 ? NONE : first, false);
}

/**
 * A claim is disproved.
 * @param fired The game whose timer did it.
 * @param winner The game that is rewarded, or NONE for the challenger of `fired` without its game.
 */
export function convict(sim: Simulation, claim: number, fired: number, winner: number, bySilence: boolean): void {
  const { claims, disputes, games, mechanism, metrics, money, providers, rules } = sim;
  const provider = claims.provider[claim];
  const dispute = claims.dispute[claim];
  const bits = claims.bits[claim];
  let amount = claims.collateral[claim];
  unlock(sim, claim);
  if (bits & OVER_CHANNEL) {
    amount = providers.channel[provider];
    providers.channel[provider] = 0;
    providers.locked[provider] -= amount;
    if (amount === 0) metrics[M.uncovered]++;
  }
  slash(sim, provider, amount);
  if (bySilence) sim.note("providerSilent", claim, fired);
  sim.note("refund", claim);
  const split = mechanism.split(rules, amount);
  refund(sim, claim);
  sim.requesters.balance[claims.requester[claim]] += split.requester;
  const unspent = closeGames(sim, claim, winner, split.gas);
  disputes.rewarded[dispute] = games.challenger[winner === NONE ? fired : winner];
  disputes.unspent[dispute] = unspent;
  // The collateral is kept as what was taken: what a reward is a share of.
  claims.collateral[claim] = amount;
  // The game whose timer has just fired is freed now, the others when theirs fire.
  games.give(fired);
  money.burned += split.burned;
  metrics[M.burnedUsd] += money.usd(split.burned);
  metrics[M.requestersUsd] += money.usd(split.requester);
  metrics[bySilence ? M.convictedBySilence : M.convictedByProof]++;
  if ((bits & WRONG) === 0) metrics[M.convictedHonest]++;
  else {
    const fee = claims.fee[claim];
    lie(sim, claim, money.usd(mechanism.cut(rules, fee) - amount - fee));
  }
  if (bits & ATTESTED) slashAttester(sim, claim, amount);
  job(sim, provider, 0);
  claims.open--;
  delayReward(sim, claim);
}

/** The reward waits, so that the guardian may once put off what an error in the game would have paid. */
function delayReward(sim: Simulation, claim: number): void {
  const { claims, metrics, rules, scenario, wheel } = sim;
  const { freezeProbability } = scenario.guardian;
  const frozen = freezeProbability > 0 && rules.rewardDelaySeconds > 0 && sim.streams.game.chance(freezeProbability);
  claims.time[claim] = wheel.now + rules.rewardDelaySeconds + (frozen ? rules.guardianFreezeSeconds : 0);
  if (frozen) {
    metrics[M.frozen]++;
    sim.note("freeze", claim);
  }
  claims.stage[claim] = FELL;
  claims.waiting++;
  // Before the window's end that timer is still to fire.
  if (claims.bits[claim] & WINDOW_OVER) wheel.set(CLAIM, claim, sim.prices.included(claims.time[claim]));
}

/** A reward is released: its share to whom it is due, what is left of the share for gas to nobody. */
export function payReward(sim: Simulation, claim: number): void {
  const { claims, disputes, lies, mechanism, metrics, money, providers, rules, scenario, watchers } = sim;
  const dispute = claims.dispute[claim];
  const { reward } = mechanism.split(rules, claims.collateral[claim]);
  const challenger = disputes.rewarded[dispute];
  const usd = money.usd(reward);
  const gas = money.gasUsd(scenario.costs.payRewardGas);
  metrics[M.gasUsd] += gas;
  metrics[M.challengersUsd] += usd;
  if (challenger >= 0) {
    watchers.balance[challenger] += reward;
    watchers.profit[challenger] += usd - gas;
  } else {
    const provider = claims.provider[claim];
    providers.balance[provider] += reward;
    providers.profit[provider] += usd - gas;
    lies.usd[providers.strategy[provider]] += usd;
  }
  const unspent = disputes.unspent[dispute];
  money.burned += unspent;
  metrics[M.burnedUsd] += money.usd(unspent);
  sim.note("payReward", claim);
  claims.waiting--;
  disputes.give(dispute);
  claims.give(claim);
}

/**
 * Closes all games of a decided claim; each is freed when its timer fires. Challengers get what is left of their bonds,
 * and all but the winner their gas from `gasUnits` as far as it reaches; what it leaves is returned.
 */
function closeGames(sim: Simulation, claim: number, winner: number, gasUnits: number): number {
  const { claims, disputes, games, metrics, money, providers, rules, watchers } = sim;
  const dispute = claims.dispute[claim];
  let left = gasUnits;
  for (let game = disputes.games[dispute]; game !== NONE; game = games.sibling[game]) {
    if (games.stage[game] !== PREPARING) {
      payWei(sim, game, games.bond[game]);
      if (game !== winner) {
        sim.note("reclaim", claim, game);
        const paid = Math.min(left, (BOND.CHALLENGE + games.moves[game] * BOND.MOVE) * rules.unitsPerGas);
        left -= paid;
        const challenger = games.challenger[game];
        if (challenger >= 0) watchers.balance[challenger] += paid;
        else providers.balance[claims.provider[claim]] += paid;
        metrics[M.challengersUsd] += money.usd(paid);
        earn(sim, game, money.usd(paid));
      }
    }
    games.stage[game] = CLOSED;
  }
  disputes.games[dispute] = NONE;
  return left;
}

/** Whoever attested a wrong answer unseen has made the same false claim, behind the same collateral. */
function slashAttester({ claims, metrics, money, watchers }: Simulation, claim: number, amount: number): void {
  const usd = money.usd(amount);
  watchers.profit[claims.auditor[claim]] -= usd;
  metrics[M.slashedUsd] += usd;
}
