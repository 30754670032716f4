// Answers, and who looks at them: watchers that hold the model, auditors that are appointed.
import { ACCEPTED, ATTESTED, FORCED, OVER_CHANNEL, POSTED, WINDOW_OVER } from "./claims.ts";
import { finalise, payReward } from "./endings.ts";
import { COMMITS, DEMANDS, SILENT, SOUND } from "./games.ts";
import { isDisputed, prepare } from "./challenge.ts";
import { M } from "./metrics.ts";
import { miss } from "./requests.ts";
import type { Simulation } from "./simulation.ts";
import { ACCUSE, CHEAP, CHECK, FOLLOW, IGNORE, PESTER, WRONG } from "./strategies.ts";
import { CLAIM } from "./timers.ts";
import { NONE } from "./wheel.ts";

/** A claim's timer: the answer is there or late, its window closes, or the reward for its conviction is released. */
export function onClaim(sim: Simulation, claim: number): void {
  const { claims, wheel } = sim;
  switch (claims.stage[claim]) {
    case ACCEPTED:
      if (wheel.now >= claims.time[claim]) miss(sim, claim);
      else post(sim, claim);
      return;
    case POSTED:
      claims.bits[claim] |= WINDOW_OVER;
      if (!isDisputed(sim, claim)) finalise(sim, claim);
      return;
    default:
      if (wheel.now < claims.time[claim]) wheel.set(CLAIM, claim, sim.prices.included(claims.time[claim]));
      else payReward(sim, claim);
  }
}

function post(sim: Simulation, claim: number): void {
  const { claims, metrics, money, providers, wheel, world } = sim;
  const provider = claims.provider[claim];
  const bits = claims.bits[claim];
  const { costs } = sim.scenario;
  claims.stage[claim] = POSTED;
  const windowEnd = wheel.now + sim.rules.windowSeconds;
  claims.time[claim] = windowEnd;
  const gas = bits & OVER_CHANNEL ? 0 : money.gasUsd(costs.postGas);
  metrics[M.marketGasUsd] += gas;
  providers.profit[provider] -= (bits & CHEAP ? costs.cheatUsd : costs.honestUsd) + gas;
  metrics[M.posted]++;
  world.posted++;
  if (bits & WRONG) {
    metrics[M.wrong]++;
    world.wrong++;
  }
  sim.note("post", claim, NONE, provider, bits & WRONG);
  wheel.set(CLAIM, claim, sim.prices.included(windowEnd));

  look(sim, claim);
  if (sim.watchers.auditors > 0) {
    const rate = sim.mechanism.auditRate(sim, claim);
    if (rate > 0 && sim.streams.auditor.chance(rate)) audit(sim, claim);
  }
  if (sim.finders.length > 0) payFinders(sim);
}

/** Shows an answer to the watchers that hold its model: neighbours in a ring. */
function look(sim: Simulation, claim: number): void {
  const { claims, watchers } = sim;
  const { game, watchers: watching } = sim.scenario;
  const looking = watching.attention < watchers.count ? watching.attention : watchers.count;
  let watcher = claims.watcher[claim];
  for (let i = 0; i < looking; i++) {
    if (watchers.asleep[watcher] === 0) {
      sim.steps++;
      const strategy = sim.strategies.watchers[watchers.strategy[watcher]];
      const action = strategy.look(sim, watcher, claim);
      if (action === CHECK) check(sim, claim, watcher, strategy.commits ? SOUND | COMMITS : SOUND);
      else if (action === ACCUSE) prepare(sim, claim, watcher, game.moveSeconds, SILENT);
      else if (action === PESTER) prepare(sim, claim, watcher, game.moveSeconds, SILENT | DEMANDS);
      else if (action === FOLLOW) {
        if (claims.dispute[claim] !== NONE) prepare(sim, claim, watcher, game.moveSeconds, SILENT);
      } else if (action !== IGNORE) throw new Error(`strategy ${strategy.name}: ${action}`);
    }
    if (++watcher === watchers.count) watcher = 0;
  }
}

/** Runs the model again, and challenges what differs with a game of these bits. */
function check(sim: Simulation, claim: number, watcher: number, bits: number): void {
  const { metrics, watchers } = sim;
  const { costs, watchers: watching } = sim.scenario;
  const answer = sim.claims.bits[claim];
  metrics[M.checks]++;
  sim.world.checks++;
  metrics[M.checkCostUsd] += costs.checkUsd;
  watchers.profit[watcher] -= costs.checkUsd;
  watchers.jobs[watcher]++;
  const wrong = (answer & WRONG) !== 0;
  let fault = wrong;
  if (wrong && watching.missProbability > 0 && sim.streams.watcher.chance(watching.missProbability)) fault = false;
  if (!wrong && watching.falsePositive > 0 && sim.streams.watcher.chance(watching.falsePositive)) fault = true;
  if (answer & FORCED) {
    metrics[M.forcedFound]++;
    sim.finders.push(watcher);
  }
  watchers.belief[watcher] += watching.beliefWeight * ((fault ? 1 : 0) - watchers.belief[watcher]);
  if (fault) prepare(sim, claim, watcher, costs.checkSeconds, bits);
}

/** Each of the k finders of a planted error gets J / 2^(k - 1) (F12). */
function payFinders({ finders, scenario, watchers }: Simulation): void {
  const payout = scenario.forcedErrors.payoutUsd / 2 ** (finders.length - 1);
  for (const finder of finders) watchers.profit[finder] += payout;
  finders.length = 0;
}

/** Appoints an auditor, who checks, or attests unseen. */
function audit(sim: Simulation, claim: number): void {
  const { claims, metrics, scenario, watchers } = sim;
  const auditor = watchers.count + sim.streams.auditor.below(watchers.auditors);
  const strategy = sim.strategies.auditors[watchers.strategy[auditor]];
  metrics[M.audits]++;
  sim.steps++;
  claims.auditor[claim] = auditor;
  // The levy pays the audit, whoever does it; what is attested unseen stands on the auditor's own collateral.
  const pay = (sim.rules.auditLevyBps / 10_000) * scenario.costs.checkUsd;
  metrics[M.auditPayUsd] += pay;
  watchers.profit[auditor] += pay;
  if (strategy.audits(sim, auditor, claim)) {
    metrics[M.audited]++;
    check(sim, claim, auditor, SOUND);
    return;
  }
  watchers.jobs[auditor]++;
  claims.bits[claim] |= ATTESTED;
  if (claims.bits[claim] & WRONG && sim.providerOf(claim).bribes) {
    const { bribeUsd } = scenario.auditors;
    watchers.profit[auditor] += bribeUsd;
    sim.providers.profit[claims.provider[claim]] -= bribeUsd;
    metrics[M.bribesUsd] += bribeUsd;
  }
}
