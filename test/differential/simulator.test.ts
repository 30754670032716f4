/**
 * The simulator against the contracts: random scenarios played as transactions, every balance equal to the wei. What is
 * compared: requests with and without callbacks, acceptance, answers, missed deadlines and reassignment, games that descend,
 * reduce and prove, demand, commit, or fall to the clock, several at once, slashes, their split, reimbursement, delayed and
 * frozen rewards, bonds, credits and burns.
 *
 * @weight 150
 */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { loadParameters, type Parameters } from "../../packages/protocol/src/index.ts";
import { M, type Metric } from "../../packages/simulator/src/kernel/metrics.ts";
import type { Deed, Happening } from "../../packages/simulator/src/kernel/journal.ts";
import { Simulation } from "../../packages/simulator/src/kernel/simulation.ts";
import { Stream } from "../../packages/simulator/src/random.ts";
import { compileRules } from "../../packages/simulator/src/rules.ts";
import { scenarioSchema, type Scenario } from "../../packages/simulator/src/scenario.ts";
import { balancesOf, makeSimulatedChain, MOST, type PathOfClaim, storyOf } from "../helpers/simulatedChain.ts";
import { TOY_CLAIMS } from "../helpers/toyClaims.ts";

/** How many scenarios: all of them in CI, few while developing. */
const SCENARIOS = Number(process.env.ASSAY_SIMULATOR_SCENARIOS ?? 200);
const REQUESTS = 50;

const file = fileURLToPath(new URL("../../packages/deployment/parameters/local.json5", import.meta.url));

/** What must happen in a twentieth of the scenarios at least, so that the comparison says something of it. */
const DEEDS: readonly Deed[] = [
  "requestWithCallback",
  "finaliseAndCall",
  "expire",
  "openTrace",
  "open",
  "openBlock",
  "publish",
  "pick",
  "enter",
  "reduce",
  "narrow",
  "prove",
  "commit",
  "proveCommitted",
  "demand",
  "supply",
  "providerSilent",
  "challengerSilent",
  "reclaim",
  "freeze",
  "payReward",
];

/** The local file with a token of six decimals and gas shares that matter, so that every rounding is met. */
function parameters(): Parameters {
  const local = loadParameters(file);
  return {
    ...local,
    token: { ...local.token, decimals: 6 },
    market: { ...local.market, unitsPerGas: 7n },
    staking: { unbondingDelaySeconds: 2 * local.staking.unbondingDelaySeconds },
    game: {
      ...local.game,
      // Small groups: long descents over small trees.
      arityLog2: 2,
      snapshotsLog2: 3,
      greatestMoves: 200,
      priceCapWei: 10n ** 9n,
      delayFeeWei: 123_456_789_012n,
    },
  };
}

/** A random crowd: who is there, how they behave, how fast they are, and whether the chain stops for a while. */
function crowd(seed: number, path: PathOfClaim): Scenario {
  const stream = new Stream(seed, 0x5eed);
  const among = (most: number) => 1 + stream.below(most);
  const mixOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, stream.below(4)]));
  const watchers = among(MOST.challengers - 1);
  return scenarioSchema.parse({
    requests: REQUESTS,
    samples: 0,
    demand: {
      requesters: among(MOST.requesters),
      everySeconds: 5 + stream.below(60),
      compares: among(3),
      elasticity: 0,
      callbackShare: 0.2,
    },
    costs: { answerSeconds: 5 + stream.below(300), checkSeconds: among(60), feeSpread: 0.5 },
    providers: {
      count: among(MOST.providers),
      stakeUsd: 500 + stream.below(4_000),
      capacity: 120,
      strategies: {
        ...mixOf(["honest", "lazy", "always", "sometimes", "selfChallenging", "colluding", "crashing"]),
        withholding: 1 + stream.below(3),
        valuable: 1,
      },
      cheatProbability: stream.uniform(),
      crashProbability: 0.3,
      valueThresholdUsd: 3,
    },
    watchers: {
      count: watchers,
      attention: among(watchers),
      strategies: { ...mixOf(["sampling", "profit", "copying", "griefing", "committing", "demanding"]), always: 1 },
      checkProbability: stream.uniform(),
      griefProbability: 0.3,
      beliefFloor: 0.2,
    },
    auditors: {
      count: MOST.challengers - watchers,
      rate: stream.uniform(),
      strategies: { diligent: 2, lazy: 1, colluding: 1 },
    },
    // Budgets are of minutes: a long game is played by quick players, or falls to the clock.
    game: { ...path, moveSeconds: among(Math.ceil(180 / path.answerGas.length)) },
    guardian: { freezeProbability: 0.3 },
    prices: {
      gasPriceGwei: 1,
      coinUsd: 1,
      tokenVolatility: 50,
      everySeconds: 600,
      events: stream.chance(0.3)
        ? [{ kind: "outage", atSeconds: 200 + stream.below(600), lastsSeconds: among(400) }]
        : [],
    },
  });
}

describe("simulator against the contracts", function () {
  this.timeout(0);

  it(`leaves every balance equal to the wei in ${SCENARIOS} scenarios of ${REQUESTS} requests`, async () => {
    const file = parameters();
    const rules = compileRules(file);
    const chain = await makeSimulatedChain(file);
    const seen = new Map<Metric, number>();
    const stories = new Set<string>();
    const deeds = new Map<string, number>();
    let transactions = 0;
    for (let seed = 1; seed <= SCENARIOS; seed++) {
      const happenings: Happening[] = [];
      // Long disputes take many transactions: two scenarios in nine have them.
      const toy = TOY_CLAIMS[Math.max(0, (seed % 9) - 6)];
      const scenario = crowd(seed, chain.pathOf(toy));
      const sim = new Simulation(rules, scenario, { seed }, { journal: happenings }).run();
      const played = await chain.play(sim, happenings, toy);
      for (const deed of played.moves) deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
      expect(played.balances, `seed ${seed}`).to.deep.equal(balancesOf(sim));
      transactions += played.transactions;
      stories.add(storyOf(happenings));
      for (const metric of Object.keys(M) as Metric[])
        seen.set(metric, (seen.get(metric) ?? 0) + sim.metrics[M[metric]]);
    }
    await chain.close();
    const count = (metric: Metric) => seen.get(metric)!;
    console.log(
      `      ${SCENARIOS} scenarios, ${transactions} transactions: ${count("finalised")} paid, ` +
        `${count("convictedByProof")} convicted by proof, ${count("convictedBySilence")} by silence, ` +
        `${count("griefed")} challengers lost, ${count("missed")} deadlines missed, ${count("refunded")} refunded`,
    );
    console.log(`      scenarios with a deed: ${[...deeds].map(([deed, times]) => `${deed} ${times}`).join(", ")}`);
    expect(stories.size).to.equal(SCENARIOS);
    for (const metric of ["finalised", "convictedByProof", "convictedBySilence", "griefed", "missed"] as const)
      expect(count(metric), metric).to.be.above(SCENARIOS / 4);
    // A few scenarios, as while developing, need not hold everything.
    if (SCENARIOS >= 100) for (const deed of DEEDS) expect(deeds.get(deed) ?? 0, deed).to.be.above(SCENARIOS / 20);
  });
});
