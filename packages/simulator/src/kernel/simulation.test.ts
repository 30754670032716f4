import { expect } from "chai";
import { compileRules } from "../rules.ts";
import { scenarioSchema, type ScenarioInput } from "../scenario.ts";
import { parameters } from "../testing.ts";
import { M, type Metric } from "./metrics.ts";
import { Simulation } from "./simulation.ts";
import { builtIn, type ProviderStrategy } from "./strategies.ts";
import { SERIES } from "./world.ts";

const rules = compileRules(parameters());

function play(scenario: ScenarioInput, place = { seed: 1 }): Simulation {
  return new Simulation(rules, scenarioSchema.parse(scenario), place).run();
}

const count = (sim: Simulation, metric: Metric) => sim.metrics[M[metric]];

/** Everyone at once, so that every branch is taken. */
const crowd: ScenarioInput = {
  requests: 4_000,
  demand: { requesters: 60, everySeconds: 4_000, callbackShare: 0.1 },
  providers: {
    count: 30,
    stakeUsd: 3_000,
    strategies: {
      honest: 4,
      lazy: 1,
      always: 1,
      sometimes: 1,
      unwatched: 1,
      valuable: 1,
      selfChallenging: 1,
      colluding: 1,
      crashing: 1,
      withholding: 1,
    },
  },
  watchers: {
    count: 12,
    strategies: {
      always: 1,
      sampling: 3,
      profit: 1,
      freeRiding: 1,
      copying: 1,
      griefing: 2,
      committing: 2,
      demanding: 2,
    },
    checkProbability: 0.3,
    griefProbability: 0.05,
    asleep: 0.2,
  },
  auditors: { count: 6, strategies: { diligent: 1, lazy: 1, colluding: 1 } },
  delegators: { count: 40 },
  guardian: { freezeProbability: 0.2 },
  forcedErrors: { rate: 0.01, payoutUsd: 5 },
  prices: {
    tokenVolatility: 1,
    gasVolatility: 1,
    events: [
      { kind: "outage", atSeconds: 100_000, lastsSeconds: 7_200 },
      { kind: "fault", atSeconds: 150_000, lastsSeconds: 3_600, share: 0.5 },
      { kind: "tokenPrice", atSeconds: 200_000, factor: 0.5 },
      { kind: "gasPrice", atSeconds: 220_000, factor: 3 },
    ],
  },
  learning: { dynamics: "imitation", populations: ["providers", "watchers", "auditors"] },
  channel: { share: 0.2 },
};

describe("simulation", () => {
  it("takes every branch of the crowd", () => {
    const sim = play(crowd);
    for (const metric of [
      "finalised",
      "finalisedWrong",
      "convictedByProof",
      "convictedBySilence",
      "griefed",
      "missed",
      "reassigned",
      "audits",
      "receipts",
      "forcedFound",
      "commits",
      "demands",
      "frozen",
      "callbacks",
      "switches",
      "declined",
    ] as const)
      expect(count(sim, metric), metric).to.be.above(0);
    expect(count(sim, "convictedHonest")).to.equal(0);
    expect(sim.series[0]).to.have.length(SERIES.length);
  });

  it("ends with nothing open, nothing locked and every unit accounted for", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const sim = play({ ...crowd, channel: {} }, { seed });
      expect(sim.claims.open).to.equal(0);
      expect(sim.money.escrow / 1e18).to.be.closeTo(0, 1e-6);
      for (let i = 0; i < sim.providers.count; i++) {
        expect(sim.providers.open[i]).to.equal(0);
        expect(sim.providers.locked[i] / 1e18).to.be.closeTo(0, 1e-6);
      }
      const sum = (array: Float64Array) => array.reduce((total, value) => total + value, 0);
      const held =
        sum(sim.providers.stake) +
        sum(sim.providers.delegated) +
        sum(sim.providers.balance) +
        sum(sim.watchers.balance) +
        sum(sim.requesters.balance) +
        sim.money.burned +
        sim.money.treasury +
        sim.money.withdrawn;
      expect(held / sim.money.deposited).to.be.closeTo(1, 1e-12);
      const accepted = count(sim, "accepted") - count(sim, "reassigned");
      expect(accepted).to.equal(
        count(sim, "finalised") +
          count(sim, "convictedByProof") +
          count(sim, "convictedBySilence") +
          count(sim, "refunded"),
      );
    }
  });

  it("gives equal runs for equal seeds and other runs for other seeds, points and replicates", () => {
    const print = (place: { seed: number; point?: number; replicate?: number }) => {
      const sim = play(crowd, place);
      return JSON.stringify([[...sim.metrics], sim.series, sim.steps]);
    };
    const runs = [{ seed: 1 }, { seed: 2 }, { seed: 1, point: 1 }, { seed: 1, replicate: 1 }].map(print);
    expect(new Set(runs).size).to.equal(4);
    expect(print({ seed: 1 })).to.equal(runs[0]);
  });

  it("never convicts the honest, whatever watchers do", () => {
    const sim = play({
      requests: 3_000,
      watchers: { count: 20, attention: 20, strategies: { griefing: 1, copying: 1 }, griefProbability: 0.2 },
      auditors: { strategies: { diligent: 1, colluding: 1 } },
    });
    expect(count(sim, "griefed")).to.be.above(1_000);
    expect(count(sim, "convictedByProof") + count(sim, "convictedBySilence")).to.equal(0);
    expect(count(sim, "slashedUsd")).to.equal(0);
    // A false challenge delays by at most the window and both clocks.
    expect(count(sim, "latestDelaySeconds")).to.be.at.most(
      rules.providerBudgetSeconds + rules.challengerBudgetSeconds + 10 * rules.extensionSeconds,
    );
    for (let i = 0; i < sim.watchers.count; i++) expect(sim.watchers.wei[i]).to.be.at.most(0);
  });

  it("convicts every lie that one watcher always checks, and every silent one", () => {
    const sim = play({
      requests: 2_000,
      providers: { strategies: { always: 1, withholding: 1 }, stakeUsd: 1e6 },
      watchers: { count: 3, attention: 3, strategies: { always: 1, freeRiding: 2 } },
    });
    expect(count(sim, "convictedByProof")).to.be.above(500);
    expect(count(sim, "convictedBySilence")).to.be.above(500);
    expect(count(sim, "finalisedWrong")).to.equal(0);
    expect(count(sim, "wrong")).to.equal(count(sim, "posted"));
  });

  it("plays strategies that a user adds", () => {
    const everyThird: ProviderStrategy = {
      name: "everyThird",
      act: (_sim, _provider, claim) => (claim % 3 === 0 ? 1 : 0),
      answers: true,
      challengesItself: false,
      bribes: false,
    };
    const strategies = { ...builtIn, providers: [...builtIn.providers, everyThird] };
    const scenario = scenarioSchema.parse({ requests: 500, providers: { strategies: { everyThird: 1 } } });
    const sim = new Simulation(rules, scenario, { seed: 3 }, { strategies }).run();
    expect(count(sim, "wrong")).to.be.within(100, 250);
    expect(() => play({ providers: { strategies: { everyThird: 1 } } })).to.throw(/unknown strategy/);
  });

  it("uses at most 200 bytes an agent at ten thousand agents", () => {
    const scenario = scenarioSchema.parse({
      requests: 10_000,
      demand: { requesters: 8_000 },
      providers: { count: 1_000 },
      watchers: { count: 600 },
      auditors: { count: 100 },
      delegators: { count: 300 },
    });
    const sim = new Simulation(rules, scenario, { seed: 1 }).run();
    expect(sim.bytes() / 10_000).to.be.below(200);
  });
});
