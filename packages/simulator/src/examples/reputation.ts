// A worked example of agents and a mechanism of one's own: audits that grow rarer with a provider's record, and a
// provider that is honest until they are rare. Played by experiments/reputation.json5.
import { deployed, type Mechanism } from "../kernel/mechanism.ts";
import { CHEAP, type ProviderStrategy, RIGHT, WRONG } from "../kernel/strategies.ts";

/** Every answer of a new provider is audited; after 200 good ones, one in a hundred. */
export function auditRateAfter(record: number): number {
  return Math.max(0.01, 1 - record / 200);
}

/** The deployed rules, but for who is audited. A slash sets the record back to nothing. */
export const mechanism: Mechanism = {
  ...deployed,
  name: "audits by reputation",
  auditRate: (sim, claim) => auditRateAfter(sim.providers.record[sim.claims.provider[claim]]),
};

/** Honest while every tenth answer or more is audited, then lies. What it knows of itself stands in the simulation. */
const patient: ProviderStrategy = {
  name: "patient",
  act: (sim, provider) => (auditRateAfter(sim.providers.record[provider]) > 0.1 ? RIGHT : WRONG | CHEAP),
  answers: true,
  challengesItself: false,
  bribes: false,
};

export const providers = [patient];
