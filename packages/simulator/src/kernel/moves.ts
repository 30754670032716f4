// The moves of a game on two clocks: the challenger asks along the path, the provider answers, until one proves its point
// or the other is silent.
import { BOND } from "../gas.ts";
import { wholeGwei } from "../rules.ts";
import { GONE, WINDOW_OVER } from "./claims.ts";
import { convict, convictCommitted, finalise } from "./endings.ts";
import {
  CHALLENGER_TO_MOVE,
  COMMITS,
  COMMITTED,
  DEMANDS,
  PESTERINGS,
  PREPARING,
  PROVIDER_TO_MOVE,
  QUICK,
  SILENT,
  SUPPLYING,
} from "./games.ts";
import { begin, commit, dropGame, feesOf, payWei, spendGas } from "./challenge.ts";
import { M } from "./metrics.ts";
import { answeringMove, askedFor, askingMove } from "./path.ts";
import type { Simulation } from "./simulation.ts";
import { WRONG } from "./strategies.ts";
import { GAME } from "./timers.ts";
import { NONE } from "./wheel.ts";

/** A game's timer. */
export function onGame(sim: Simulation, game: number): void {
  switch (sim.games.stage[game]) {
    case PREPARING:
      begin(sim, game);
      return;
    case PROVIDER_TO_MOVE:
    case SUPPLYING:
      providerMoves(sim, game);
      return;
    case CHALLENGER_TO_MOVE:
      challengerMoves(sim, game);
      return;
    default:
      sim.games.give(game);
  }
}

/** When a side with `left` seconds moves: its own time, or NONE when it will be too late. */
function moveAt(sim: Simulation, left: number, quick: boolean): number {
  const { now } = sim.wheel;
  const mean = quick ? 1 : sim.scenario.game.moveSeconds;
  const at = sim.prices.included(now + 1 + Math.floor(sim.streams.game.exponential(mean)));
  return at > now + left ? NONE : at;
}

/** The provider's turn, from now on. */
export function toProvider(sim: Simulation, game: number, stage = PROVIDER_TO_MOVE): void {
  const { games, wheel } = sim;
  games.stage[game] = stage;
  const left = games.providerLeft[game];
  // Who learnt to withhold since it answered rightly still defends what is right.
  const claim = games.claim[game];
  const answers = (sim.claims.bits[claim] & WRONG) === 0 || sim.providerOf(claim).answers;
  const at = answers ? moveAt(sim, left, (games.bits[game] & QUICK) !== 0) : NONE;
  games.since[game] = wheel.now;
  wheel.set(GAME, game, at === NONE ? sim.prices.included(wheel.now + left + 1) : at);
}

/** The challenger's turn since `since`, which is before now where another game's answer began it. */
export function toChallenger(sim: Simulation, game: number, since: number): void {
  const { games } = sim;
  games.stage[game] = CHALLENGER_TO_MOVE;
  games.since[game] = since;
  const bits = games.bits[game];
  const plays = (bits & SILENT) === 0 || (bits & DEMANDS && games.demands[game] < PESTERINGS);
  waitForChallenger(sim, game, plays as boolean);
}

/** Sets the timer for the challenger's next deed, or for the end of its time. */
function waitForChallenger(sim: Simulation, game: number, plays: boolean): void {
  const { games, wheel } = sim;
  const since = games.since[game];
  const left = games.challengerLeft[game];
  const quick = (games.bits[game] & QUICK) !== 0;
  const at = plays ? moveAt(sim, left - (wheel.now - since), quick) : NONE;
  wheel.set(GAME, game, at === NONE ? sim.prices.included(since + left + 1) : at);
}

function providerMoves(sim: Simulation, game: number): void {
  const { claims, disputes, games, wheel } = sim;
  const claim = games.claim[game];
  const dispute = claims.dispute[claim];
  const openedAt = disputes.traceAt[dispute];
  const answer = games.at[game];
  if (answer === 0 && openedAt !== 0) {
    // Another game's answer opened the trace for this one too.
    stopProvidersClock(sim, game, openedAt);
    games.at[game] = 1;
    toChallenger(sim, game, openedAt);
    return;
  }
  if (wheel.now - games.since[game] > games.providerLeft[game]) {
    convict(sim, claim, game, game, true);
    return;
  }
  stopProvidersClock(sim, game, wheel.now);
  if (games.stage[game] === SUPPLYING) {
    creditMove(sim, game, BOND.SUPPLY);
    sim.note("supply", claim, game);
  } else {
    games.at[game] = answer + 1;
    if (answer === 0) disputes.traceAt[dispute] = wheel.now;
    if (disputes.known[dispute] === answer) disputes.known[dispute] = answer + 1;
    creditMove(sim, game, sim.path.gas[answer]);
    sim.note(answeringMove(sim.path, answer), claim, game);
  }
  toChallenger(sim, game, wheel.now);
}

function stopProvidersClock({ games, rules }: Simulation, game: number, now: number): void {
  const left = games.providerLeft[game] - Math.max(0, now - games.since[game]);
  games.providerLeft[game] = Math.max(rules.extensionSeconds, left);
}

/** The provider pays for a move and is credited for it. */
function creditMove(sim: Simulation, game: number, gas: number): void {
  const usd = sim.money.gasUsd(gas);
  sim.metrics[M.gasUsd] += usd;
  const provider = sim.claims.provider[sim.games.claim[game]];
  sim.providers.profit[provider] += sim.money.weiUsd(credit(sim, game, gas)) - usd;
}

/** Credits the provider for a move, at once, from the bond of whoever asked for it; the fees are never spent so. */
function credit(sim: Simulation, game: number, gas: number): number {
  const { claims, games, prices, providers } = sim;
  const amount = Math.min(wholeGwei(gas * prices.gasPriceWei), games.bond[game] - feesOf(sim, game));
  games.bond[game] -= amount;
  providers.wei[claims.provider[games.claim[game]]] += amount;
  return amount;
}

function challengerMoves(sim: Simulation, game: number): void {
  const { claims, disputes, games, path, rules, scenario, wheel } = sim;
  const claim = games.claim[game];
  const dispute = claims.dispute[claim];
  const bits = games.bits[game];
  const used = wheel.now - games.since[game];
  if (used > games.challengerLeft[game]) {
    loseGame(sim, game);
    return;
  }
  if (bits & COMMITS) {
    // Neither transaction is a move: the game's clock runs on.
    if (bits & COMMITTED) convictCommitted(sim, game);
    else {
      commit(sim, game);
      waitForChallenger(sim, game, true);
    }
    return;
  }
  games.challengerLeft[game] = Math.max(rules.extensionSeconds, games.challengerLeft[game] - used);
  if (bits & DEMANDS) {
    demand(sim, game);
    return;
  }
  const at = games.at[game];
  if (at >= path.end) {
    spendGas(sim, game, scenario.game.proveGas);
    sim.note("prove", claim, game);
    const first = disputes.pinned[dispute];
    convict(sim, claim, game, first < 0 ? game : first, false);
    return;
  }
  const known = disputes.known[dispute];
  const asked = askedFor(path, at, known);
  if (asked === path.block && disputes.pinned[dispute] === NONE) disputes.pinned[dispute] = game;
  spendGas(sim, game, scenario.game.pickGas);
  games.moves[game]++;
  sim.note(askingMove(path, asked), claim, game);
  // Snapshots are published once for all games.
  const published = asked > path.block && asked < known;
  games.at[game] = published ? asked + 1 : asked;
  if (published) toChallenger(sim, game, wheel.now);
  else toProvider(sim, game);
}

/** The challenger demands something, and pays for the supply of it. */
function demand(sim: Simulation, game: number): void {
  const { games, metrics, rules, scenario } = sim;
  games.demands[game]++;
  games.moves[game]++;
  metrics[M.demands]++;
  games.bond[game] += rules.demandBondWei;
  payWei(sim, game, -rules.demandBondWei);
  spendGas(sim, game, scenario.game.pickGas);
  sim.note("demand", games.claim[game], game);
  toProvider(sim, game, SUPPLYING);
}

/** The challenger fell silent: its fees go to the provider, the timeout's gas to its sender, the rest is burned. */
function loseGame(sim: Simulation, game: number): void {
  const { claims, disputes, games, metrics, money, providers } = sim;
  const claim = games.claim[game];
  const dispute = claims.dispute[claim];
  const provider = claims.provider[claim];
  const gas = money.gasUsd(BOND.TIMEOUT);
  metrics[M.gasUsd] += gas;
  const fees = feesOf(sim, game);
  providers.profit[provider] += money.weiUsd(credit(sim, game, BOND.TIMEOUT) + fees) - gas;
  providers.wei[provider] += fees;
  money.burnedWei += games.bond[game] - fees;
  metrics[M.griefed]++;
  sim.note("challengerSilent", claim, game);
  // A game that was alone on its claim keeps its pin to itself.
  if (disputes.pinned[dispute] === game) disputes.pinned[dispute] = disputes.gameCount[dispute] === 1 ? NONE : GONE;
  dropGame(sim, game);
  disputes.openGames[dispute]--;
  if (disputes.openGames[dispute] === 0 && claims.bits[claim] & WINDOW_OVER) finalise(sim, claim);
}
