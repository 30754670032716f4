// A scenario: who takes part, what things cost, how prices move and how people learn. Money outside the protocol is in
// US dollars (`Usd`); inside it, in the deployment's token and the native coin, at prices that the scenario moves.
// Every field has a default, and the default scenario is the population against which the deployed defaults are judged.
import { z } from "zod";
import { COST } from "./gas.ts";

const probability = z.number().min(0).max(1);
const usd = z.number().nonnegative();
const seconds = z.number().nonnegative();
const count = z.int().nonnegative();
/** As many of one kind as typed arrays and the names of timers hold with ease. */
const people = count.max(20_000_000);

/** Shares of a population by strategy name; they are scaled to sum to one. */
const mix = z
  .record(z.string(), z.number().nonnegative())
  .refine((shares) => Object.values(shares).some((share) => share > 0), "at least one share must be positive");

const demand = z.strictObject({
  requesters: people.positive().default(200),
  /** Mean time between two requests of one requester. */
  everySeconds: seconds.positive().default(20_000),
  /** Willingness to pay: a request is sent with probability min(1, (ask ÷ fee) ^ -elasticity). */
  elasticity: z.number().nonnegative().default(1),
  /** How many providers a requester compares; it takes the cheapest that has room. */
  compares: count.positive().max(16).default(2),
  /** Value at risk: a log-normal of this median and this deviation of the logarithm. */
  valueUsd: usd.default(2),
  valueSpread: z.number().nonnegative().default(1),
  /** Share of requests whose consumer is called with the final answer, and the gas that costs whoever finalises. */
  callbackShare: probability.default(0),
  callbackGas: count.default(300_000),
});

const costs = z.strictObject({
  /** The fee providers ask for on average; each asks its own log-normal multiple. */
  feeUsd: usd.positive().default(1),
  feeSpread: z.number().nonnegative().default(0.1),
  /** C and C': what an honest and a cheating answer cost. */
  honestUsd: usd.default(0.5),
  cheatUsd: usd.default(0.05),
  /** c: what one check costs; checking is running the model again. */
  checkUsd: usd.default(0.5),
  /** Mean time to answer and to check. */
  answerSeconds: seconds.default(60),
  checkSeconds: seconds.default(600),
  /** What a provider's transactions cost it, in gas, and a challenger's to take its reward: as measured. */
  acceptGas: count.default(COST.accept),
  postGas: count.default(COST.post),
  finaliseGas: count.default(COST.finalise),
  payRewardGas: count.default(COST.payReward),
  /** What a wrong answer that is never convicted brings its provider, per dollar of value at risk. */
  gainPerValue: z.number().nonnegative().default(0),
  /** What a third party pays for one wrong answer that stands. */
  bribeUsd: usd.default(0),
});

const providers = z.strictObject({
  count: people.positive().default(50),
  stakeUsd: usd.default(5_000),
  /** Open claims a provider can stand behind at once. */
  capacity: count.positive().default(1_000),
  strategies: mix.default({ honest: 1 }),
  /** Of `sometimes`: probability of cheating. */
  cheatProbability: probability.default(0.1),
  /** Of `valuable`: cheats from this value at risk on. */
  valueThresholdUsd: usd.default(10),
  /** Of `crashing`: probability of not answering. */
  crashProbability: probability.default(0.05),
  /** Of `lazy`: probability that a cheap answer is wrong. */
  wrongWhenLazy: probability.default(0.5),
});

const watchers = z.strictObject({
  count: people.default(20),
  /** How many watchers look at one answer: those that hold the model's files. */
  attention: count.default(3),
  strategies: mix.default({ sampling: 1 }),
  /** Of `sampling` and `committing`: probability of checking an answer it looks at. */
  checkProbability: probability.default(0.05),
  /** Share that is asleep: it looks at nothing. */
  asleep: probability.default(0),
  /** Of `griefing` and `demanding`: probability of challenging an answer unseen. */
  griefProbability: probability.default(0.01),
  /** Of `profit`: weight of the newest check in its belief that an answer is wrong, and the least it believes. */
  beliefWeight: probability.default(0.02),
  beliefFloor: probability.default(0),
  /** beta: probability that a check misses a wrong answer. Zero by exact arithmetic; kept for comparison. */
  missProbability: probability.default(0),
  /** phi: probability that a check finds fault with a right answer and the game convicts it. Zero here, as beta. */
  falsePositive: probability.default(0),
});

const auditors = z.strictObject({
  count: people.default(10),
  /** Share of answers for which an auditor is appointed; null: the parameter file's auditProbabilityBps. */
  rate: probability.nullable().default(null),
  strategies: mix.default({ diligent: 1 }),
  /** What a colluding provider pays a colluding auditor for silence, once per wrong answer. */
  bribeUsd: usd.default(0.1),
});

const forcedErrors = z.strictObject({
  /** f: share of answers that are planted errors; J: what finding one pays, halved for each finder more (F12). */
  rate: probability.default(0),
  payoutUsd: usd.default(0),
});

const delegators = z.strictObject({
  count: people.default(0),
  amountUsd: usd.default(500),
  /** Probability, each epoch, that a delegator whose provider was slashed queues its withdrawal. */
  leaveProbability: probability.default(0.5),
});

const game = z
  .strictObject({
    /** Answers after the trace: nodes of the lists of calls and tensors that are opened, nodes of the wrong tensor before
     *  its block, publications of snapshots of its reduction. */
    lists: count.max(20).default(2),
    blocks: count.max(20).default(3),
    publications: count.max(20).default(0),
    /** Mean time a player takes for a move. */
    moveSeconds: seconds.default(120),
    /** Gas credited for each answer, the trace and the block included; null: opened to the file's arity. */
    answerGas: z.array(count).min(2).max(62).nullable().default(null),
    /** What a challenger's transactions cost it, in gas: as measured, the dearest of each kind. */
    challengeGas: count.default(COST.challenge),
    pickGas: count.default(COST.pick),
    proveGas: count.default(COST.prove),
    commitAndProveGas: count.default(COST.commitAndProve),
  })
  .superRefine(({ answerGas, lists, blocks, publications }, context) => {
    const answers = 2 + lists + blocks + publications;
    if (answerGas !== null && answerGas.length !== answers)
      context.addIssue({
        code: "custom",
        path: ["answerGas"],
        message: `the path has ${answers} answers (trace, ${lists} lists, ${blocks} blocks, block, ${publications} publications), not ${answerGas.length}`,
      });
  });

const guardian = z.strictObject({
  /** Probability that the guardian puts off a reward, which it may do once. */
  freezeProbability: probability.default(0),
});

const priceEvent = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tokenPrice"), atSeconds: seconds, factor: z.number().positive() }),
  z.strictObject({ kind: z.literal("gasPrice"), atSeconds: seconds, factor: z.number().positive() }),
  /** No transaction is included for this long; clocks run on. */
  z.strictObject({ kind: z.literal("outage"), atSeconds: seconds, lastsSeconds: seconds.positive() }),
  /** A share of all providers answers wrongly for this long: one bug in a shared engine. */
  z.strictObject({
    kind: z.literal("fault"),
    atSeconds: seconds,
    lastsSeconds: seconds.positive(),
    share: probability,
  }),
]);

const prices = z.strictObject({
  tokenUsd: z.number().positive().default(1),
  coinUsd: z.number().positive().default(3_000),
  gasPriceGwei: z.number().positive().default(0.05),
  /** Deviation of the logarithm over a year. */
  tokenVolatility: z.number().nonnegative().default(0),
  gasVolatility: z.number().nonnegative().default(0),
  /** How fast the gas price returns to its mean, per day. */
  gasReversionPerDay: z.number().nonnegative().default(1),
  everySeconds: seconds.positive().default(3_600),
  events: z.array(priceEvent).default([]),
});

const learning = z.strictObject({
  dynamics: z.enum(["none", "bestResponse", "replicator", "imitation"]).default("none"),
  /** Which populations learn. */
  populations: z.array(z.enum(["providers", "watchers", "auditors"])).default(["providers"]),
  everySeconds: seconds.positive().default(86_400),
  /** Share that reconsiders each epoch (bestResponse, imitation); step size (replicator). */
  rate: z.number().nonnegative().default(0.2),
  /** Probability of a random strategy instead. */
  mutation: probability.default(0.01),
  /** Imitation: difference in payoff per job, in dollars, that multiplies the odds of copying by e. */
  temperatureUsd: z.number().positive().default(0.1),
});

const channel = z.strictObject({
  /** Share of requests served off chain by receipts, which share one lock of the provider. */
  share: probability.default(0),
  /** The provider's lock K for all its receipts, in multiples of the fee; lost once, at the first conviction. */
  lockRatio: z.number().nonnegative().default(38),
  /** Receipts open at once per provider; beyond it, clients refuse. */
  openReceipts: count.positive().default(100),
});

export const scenarioSchema = z.strictObject({
  /** Stop taking requests after this many, or after this time; then let everything open end. */
  requests: count.positive().default(10_000),
  durationSeconds: seconds
    .positive()
    .max(2 ** 31)
    .default(90 * 86_400),
  /** Points of the time series. */
  samples: count.max(1_000).default(40),
  demand: demand.prefault({}),
  costs: costs.prefault({}),
  providers: providers.prefault({}),
  watchers: watchers.prefault({}),
  auditors: auditors.prefault({}),
  forcedErrors: forcedErrors.prefault({}),
  delegators: delegators.prefault({}),
  game: game.prefault({}),
  guardian: guardian.prefault({}),
  prices: prices.prefault({}),
  learning: learning.prefault({}),
  channel: channel.prefault({}),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Mix = Readonly<Record<string, number>>;
