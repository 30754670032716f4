// Who people are: named decision functions. A strategy holds no state of its own; what an agent knows stands in the
// simulation's arrays, so a million agents share one object. Users add strategies of their own in the same form.
import { InputError } from "../errors.ts";
import type { Mix } from "../scenario.ts";
import type { Simulation } from "./simulation.ts";

/** What a provider makes of a job: bits. A right answer that costs an honest one's work is 0. */
export const RIGHT = 0;
export const WRONG = 1;
export const ABSENT = 2;
export const CHEAP = 4;

export interface ProviderStrategy {
  readonly name: string;
  /** Decides a job when it is accepted: RIGHT, or bits of WRONG, ABSENT, CHEAP. */
  readonly act: (sim: Simulation, provider: number, claim: number) => number;
  /** Whether it answers when a wrong answer is challenged; a silent one is convicted when its clock has run out. */
  readonly answers: boolean;
  /** Whether it challenges its own wrong answers once another has, to get the challenger's share back. */
  readonly challengesItself: boolean;
  /** Whether it pays colluding auditors for silence. */
  readonly bribes: boolean;
}

/** What a watcher does with an answer it looks at. */
export const IGNORE = 0;
export const CHECK = 1;
export const ACCUSE = 2;
export const FOLLOW = 3;
export const PESTER = 4;

export interface WatcherStrategy {
  readonly name: string;
  /** IGNORE; CHECK, and challenge what is wrong; ACCUSE without checking; FOLLOW the first other challenger; PESTER:
   *  accuse without checking and demand what everybody has. */
  readonly look: (sim: Simulation, watcher: number, claim: number) => number;
  /** Whether it challenges only when the reward covers the gas. */
  readonly counts: boolean;
  /** Whether it proves by commitment instead of descending: two transactions once any game has had the trace opened. */
  readonly commits: boolean;
}

export interface AuditorStrategy {
  readonly name: string;
  /** Whether it does the audit it is appointed to; otherwise it attests unseen. */
  readonly audits: (sim: Simulation, auditor: number, claim: number) => boolean;
}

const provider = (
  name: string,
  act: ProviderStrategy["act"],
  more: Partial<ProviderStrategy> = {},
): ProviderStrategy => ({ name, act, answers: true, challengesItself: false, bribes: false, ...more });

const cheat = WRONG | CHEAP;

export const providerStrategies: readonly ProviderStrategy[] = [
  provider("honest", () => RIGHT),
  provider("lazy", (sim) => (sim.streams.provider.chance(sim.scenario.providers.wrongWhenLazy) ? cheat : CHEAP)),
  provider("always", () => cheat),
  provider("sometimes", (sim) =>
    sim.streams.provider.chance(sim.scenario.providers.cheatProbability) ? cheat : RIGHT,
  ),
  provider("unwatched", (sim, _provider, claim) => (sim.watchersAwake(claim) === 0 ? cheat : RIGHT)),
  provider("valuable", (sim, _provider, claim) =>
    sim.claims.value[claim] >= sim.scenario.providers.valueThresholdUsd ? cheat : RIGHT,
  ),
  provider("selfChallenging", () => cheat, { challengesItself: true }),
  provider("colluding", () => cheat, { bribes: true }),
  provider("crashing", (sim) =>
    sim.streams.provider.chance(sim.scenario.providers.crashProbability) ? ABSENT : RIGHT,
  ),
  provider("withholding", () => cheat, { answers: false }),
];

const watcher = (
  name: string,
  look: WatcherStrategy["look"],
  more: Partial<WatcherStrategy> = {},
): WatcherStrategy => ({ name, look, counts: true, commits: false, ...more });

const samples: WatcherStrategy["look"] = (sim) =>
  sim.streams.watcher.chance(sim.scenario.watchers.checkProbability) ? CHECK : IGNORE;

export const watcherStrategies: readonly WatcherStrategy[] = [
  watcher("always", () => CHECK, { counts: false }),
  watcher("sampling", samples),
  watcher("profit", (sim, index, claim) => {
    const { beliefFloor } = sim.scenario.watchers;
    const belief = Math.max(sim.watchers.belief[index], beliefFloor);
    return belief * sim.rewardUsd(claim) + sim.forcedWorthUsd > sim.scenario.costs.checkUsd ? CHECK : IGNORE;
  }),
  watcher("freeRiding", () => IGNORE),
  watcher("copying", () => FOLLOW),
  watcher("griefing", (sim) => (sim.streams.watcher.chance(sim.scenario.watchers.griefProbability) ? ACCUSE : IGNORE), {
    counts: false,
  }),
  watcher("committing", samples, { commits: true }),
  watcher(
    "demanding",
    (sim) => (sim.streams.watcher.chance(sim.scenario.watchers.griefProbability) ? PESTER : IGNORE),
    { counts: false },
  ),
];

export const auditorStrategies: readonly AuditorStrategy[] = [
  { name: "diligent", audits: () => true },
  { name: "lazy", audits: () => false },
  { name: "colluding", audits: (sim, _auditor, claim) => !sim.providerOf(claim).bribes },
];

/** The strategies a scenario may name. */
export interface Strategies {
  readonly providers: readonly ProviderStrategy[];
  readonly watchers: readonly WatcherStrategy[];
  readonly auditors: readonly AuditorStrategy[];
}

export const builtIn: Strategies = {
  providers: providerStrategies,
  watchers: watcherStrategies,
  auditors: auditorStrategies,
};

/** Shares by index of a population's strategies, summing to one. Throws InputError for a name that is not there. */
export function sharesOf(mix: Mix, strategies: readonly { name: string }[], where: string): Float64Array {
  const shares = new Float64Array(strategies.length);
  let total = 0;
  for (const [name, share] of Object.entries(mix)) {
    const index = strategies.findIndex((strategy) => strategy.name === name);
    if (index < 0) {
      const names = strategies.map((strategy) => strategy.name).join(", ");
      throw InputError.at(`${where}.${name}`, "unknown strategy", `the strategies are: ${names}`);
    }
    shares[index] = share;
    total += share;
  }
  for (let i = 0; i < shares.length; i++) shares[i] /= total;
  return shares;
}
