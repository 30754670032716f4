// How games begin: a decision to challenge becomes, some time later, a challenge with a bond, or a commitment to a proof.
import type { Disputes } from "./claims.ts";
import { BEATEN, COMMITS, COMMITTED, OPENING, PREPARING, QUICK, SOUND } from "./games.ts";
import { convictCommitted } from "./endings.ts";
import { M } from "./metrics.ts";
import { toChallenger, toProvider } from "./moves.ts";
import type { Simulation } from "./simulation.ts";
import { WRONG } from "./strategies.ts";
import { GAME } from "./timers.ts";
import { NONE } from "./wheel.ts";

/** Somebody will challenge after a while. */
export function prepare(sim: Simulation, claim: number, challenger: number, meanSeconds: number, bits: number): void {
  const { claims, disputes, games, wheel } = sim;
  const game = games.take();
  if (claims.dispute[claim] === NONE) claims.dispute[claim] = newDispute(disputes);
  const dispute = claims.dispute[claim];
  games.claim[game] = claim;
  games.challenger[game] = challenger;
  games.bits[game] = bits;
  games.stage[game] = PREPARING;
  games.sibling[game] = disputes.games[dispute];
  disputes.games[dispute] = game;
  wheel.set(GAME, game, sim.prices.included(wheel.now + 1 + Math.floor(sim.streams.game.exponential(meanSeconds))));
}

function newDispute(disputes: Disputes): number {
  const dispute = disputes.take();
  disputes.openGames[dispute] = 0;
  disputes.games[dispute] = NONE;
  disputes.gameCount[dispute] = 0;
  disputes.traceAt[dispute] = 0;
  disputes.known[dispute] = 0;
  disputes.pinned[dispute] = NONE;
  return dispute;
}

/** Whether a game is open on a claim. */
export function isDisputed({ claims, disputes }: Simulation, claim: number): boolean {
  const dispute = claims.dispute[claim];
  return dispute !== NONE && disputes.openGames[dispute] > 0;
}

/** Who was to challenge does so, if it is not too late and worth its gas. */
export function begin(sim: Simulation, game: number): void {
  const { claims, disputes, games, metrics, scenario, watchers, wheel } = sim;
  const claim = games.claim[game];
  const dispute = claims.dispute[claim];
  const challenger = games.challenger[game];
  const bits = games.bits[game];
  if (bits & COMMITTED) {
    convictCommitted(sim, game);
    return;
  }
  if (wheel.now >= claims.time[claim]) {
    metrics[M.tooLate]++;
    dropGame(sim, game);
    return;
  }
  if (challenger >= 0 && bits & SOUND) {
    const counts = challenger < watchers.count && sim.strategies.watchers[watchers.strategy[challenger]].counts;
    if (counts && sim.rewardUsd(claim) < sim.money.gasUsd(gasToWin(sim))) {
      metrics[M.unprofitable]++;
      dropGame(sim, game);
      return;
    }
  }
  // Where another game has had the trace opened, nothing else is needed for a committed proof, not even a bond.
  if (bits & COMMITS && disputes.traceAt[dispute] !== 0) {
    commit(sim, game);
    wheel.set(GAME, game, sim.prices.included(wheel.now + 1));
    return;
  }
  metrics[M.challenges]++;
  // A liar that is found out challenges itself, quickly, to be the one that is rewarded.
  if (challenger >= 0 && claims.bits[claim] & WRONG && disputes.gameCount[dispute] === 0)
    if (sim.providerOf(claim).challengesItself) prepare(sim, claim, NONE, 1, SOUND | QUICK);
  const { rules } = sim;
  if (disputes.gameCount[dispute]++ === 0) games.bits[game] |= OPENING;
  const bond = rules.gasBondWei + feesOf(sim, game);
  games.bond[game] = bond;
  payWei(sim, game, -bond);
  spendGas(sim, game, scenario.game.challengeGas);
  disputes.openGames[dispute]++;
  games.moves[game] = 0;
  games.demands[game] = 0;
  games.since[game] = wheel.now;
  games.providerLeft[game] = rules.providerBudgetSeconds;
  games.challengerLeft[game] = rules.challengerBudgetSeconds;
  sim.note("challenge", claim, game, challenger);
  games.at[game] = disputes.traceAt[dispute] === 0 ? 0 : 1;
  if (games.at[game] === 0) toProvider(sim, game);
  else toChallenger(sim, game, wheel.now);
}

/** What the provider gets of a game's bond if its challenger loses, in wei. */
export function feesOf({ games, mechanism, rules }: Simulation, game: number): number {
  return mechanism.feesWei(rules, (games.bits[game] & OPENING) !== 0);
}

/** The first of two transactions: the place and a salt, hashed, so that a copy of the proof comes too late. */
export function commit(sim: Simulation, game: number): void {
  const { claims, disputes, games, metrics, scenario } = sim;
  const claim = games.claim[game];
  metrics[M.commits]++;
  games.bits[game] |= disputes.pinned[claims.dispute[claim]] >= 0 ? COMMITTED | BEATEN : COMMITTED;
  spendGas(sim, game, scenario.game.commitAndProveGas);
  sim.note("commit", claim, game, games.challenger[game]);
}

/** Gas a challenger spends in a game that it descends alone to the proof. */
function gasToWin({ path, scenario }: Simulation): number {
  const { challengeGas, pickGas, proveGas } = scenario.game;
  return challengeGas + (path.end - 1) * pickGas + proveGas;
}

/** Native coin that a game's challenger gets, or pays. */
export function payWei(sim: Simulation, game: number, wei: number): void {
  const { claims, games, providers, watchers } = sim;
  const challenger = games.challenger[game];
  if (challenger >= 0) watchers.wei[challenger] += wei;
  else providers.wei[claims.provider[games.claim[game]]] += wei;
  earn(sim, game, sim.money.weiUsd(wei));
}

/** Dollars won or spent by a game's challenger. */
export function earn({ claims, games, providers, watchers }: Simulation, game: number, usd: number): void {
  const challenger = games.challenger[game];
  if (challenger >= 0) watchers.profit[challenger] += usd;
  else providers.profit[claims.provider[games.claim[game]]] += usd;
}

export function spendGas(sim: Simulation, game: number, gas: number): void {
  const usd = sim.money.gasUsd(gas);
  sim.metrics[M.gasUsd] += usd;
  earn(sim, game, -usd);
}

/** Takes a game out of its claim's list and frees it; its timer has just fired. */
export function dropGame({ claims, disputes, games }: Simulation, game: number): void {
  const dispute = claims.dispute[games.claim[game]];
  let at = disputes.games[dispute];
  if (at === game) disputes.games[dispute] = games.sibling[game];
  else {
    while (games.sibling[at] !== game) at = games.sibling[at];
    games.sibling[at] = games.sibling[game];
  }
  games.give(game);
}
