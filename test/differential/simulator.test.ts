/**
 * The simulator against the contracts: random scenarios played as transactions, every balance equal to the wei. What is
 * compared: requests, acceptance, answers, missed deadlines and reassignment, games by proof, by silence and by silent
 * challengers, several at once, slashes, their split, reimbursement, bonds, credits and burns.
 *
 * @weight 150
 */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { loadParameters, type Parameters } from "../../packages/protocol/src/index.ts";
import { M, type Metric } from "../../packages/simulator/src/kernel/metrics.ts";
import { type Happening, Simulation } from "../../packages/simulator/src/kernel/simulation.ts";
import { Stream } from "../../packages/simulator/src/random.ts";
import { compileRules } from "../../packages/simulator/src/rules.ts";
import { scenarioSchema, type Scenario } from "../../packages/simulator/src/scenario.ts";
import { ANSWER_GAS, balancesOf, makeSimulatedChain, MOST, ROUNDS, storyOf } from "../helpers/simulatedChain.ts";

/** How many scenarios: all of them in CI, few while developing. */
const SCENARIOS = Number(process.env.ASSAY_SIMULATOR_SCENARIOS ?? 200);
const REQUESTS = 50;

const file = fileURLToPath(new URL("../../packages/deployment/parameters/local.json5", import.meta.url));

/** The local file with a token of six decimals and gas shares that matter, so that every rounding is met. */
function parameters(): Parameters {
  const local = loadParameters(file);
  return {
    ...local,
    token: { ...local.token, decimals: 6 },
    market: { ...local.market, unitsPerGas: 7n },
    staking: { unbondingDelaySeconds: 2 * local.staking.unbondingDelaySeconds },
    game: { ...local.game, greatestMoves: 100, priceCapWei: 10n ** 9n, delayFeeWei: 123_456_789_012n },
  };
}

/** A random crowd: who is there, how they behave, how fast they are, and whether the chain stops for a while. */
function crowd(seed: number): Scenario {
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
      strategies: { ...mixOf(["sampling", "profit", "copying", "griefing"]), always: 1 },
      checkProbability: stream.uniform(),
      griefProbability: 0.3,
      beliefFloor: 0.2,
    },
    auditors: {
      count: MOST.challengers - watchers,
      rate: stream.uniform(),
      strategies: { diligent: 2, lazy: 1, colluding: 1 },
    },
    game: {
      rounds: ROUNDS,
      moveSeconds: among(90),
      answerGas: ANSWER_GAS,
    },
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
    let transactions = 0;
    for (let seed = 1; seed <= SCENARIOS; seed++) {
      const happenings: Happening[] = [];
      const sim = new Simulation(rules, crowd(seed), { seed }, { journal: happenings }).run();
      const played = await chain.play(sim, happenings);
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
    expect(stories.size).to.equal(SCENARIOS);
    for (const metric of ["finalised", "convictedByProof", "convictedBySilence", "griefed", "missed"] as const)
      expect(count(metric), metric).to.be.above(SCENARIOS / 4);
  });
});
