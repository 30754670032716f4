/**
 * The parameter file: every number that a deployment fixes. A JSON5 file, checked by one schema that deployment, the
 * simulator and the daemons share; the contracts check the same rules again in their constructors.
 *
 * Units are in the names: `Seconds`, `Bps` (1/10,000), `Gas`, `Wei` (of the native coin), `Units` (smallest units of the
 * deployment's token, as a decimal string). Between two bounds a model's owner chooses; `default…` is what tools propose.
 */
import { readFileSync } from "node:fs";
import JSON5 from "json5";
import { z } from "zod";

/** 10,000 basis points are the whole. */
export const BPS = 10_000;

/** A duration, at most 2^24 - 1 s (194 days), because the market packs durations in 24 bits. */
const seconds = z
  .int()
  .nonnegative()
  .max(2 ** 24 - 1);
const bps = z.int().min(0).max(BPS);
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]*)$/, 'is not a decimal integer; write smallest units as a string, for example "1000000"')
  .transform((digits) => BigInt(digits));
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "is not an address; write 0x and 40 hexadecimal digits");

/** Least, greatest and proposed value of a duration that the owner of a model chooses. */
const range = z.strictObject({ leastSeconds: seconds, defaultSeconds: seconds, greatestSeconds: seconds });

const shape = z.strictObject({
  /** What is assumed of the chain. */
  chain: z.strictObject({
    /** D: the longest time for which a transaction can be kept out of the chain, by censorship or outage. */
    maxInclusionDelaySeconds: seconds.positive(),
  }),
  /** The token of fees, stake and slashes: an address, or the test token where there is none. */
  token: z.strictObject({
    address: address.nullable(),
    decimals: z.int().min(0).max(36),
  }),
  staking: z.strictObject({
    unbondingDelaySeconds: seconds,
  }),
  market: z.strictObject({
    /** p, the probability that a false answer is checked by somebody: an assumption the collateral rests on. */
    auditProbabilityBps: bps.positive(),
    /** Collateral locked per claim, as a multiple of the fee (10,000 = once the fee). */
    collateralRatioBps: z.int().positive().max(100_000_000),
    /** Shares of a slash: burned, to the challenger, for other challengers' gas. What is left over is the requester's. */
    slashBurnBps: bps,
    slashChallengerBps: bps,
    slashGasBps: bps,
    /** What a unit of a challenger's reimbursed gas is worth, in smallest units of the token. */
    unitsPerGas: amount,
    /** Share of every fee that goes to the treasury. */
    protocolCutBps: bps,
    /** Audit levy: this many bps × p × measured cost; who sets a fee computes with it (12,500 = 1.25). */
    auditLevyBps: z.int().nonnegative().max(100_000),
    /** Share of a claim's collateral that is taken when an accepted request is not answered in time. */
    missedAnswerBps: bps,
    /** How often a request whose provider missed its deadline goes back to the market. */
    maxReassignments: z.int().min(0).max(3),
    leastFeeUnits: amount,
    /** The longest time a request may give its provider to answer. */
    greatestAnswerSeconds: seconds.positive(),
    window: range,
    callbackDefaultGas: z.int().nonnegative(),
    callbackGreatestGas: z.int().nonnegative(),
    /** A challenger's reward waits this long, so that the guardian can act. */
    rewardDelaySeconds: seconds,
    /** The guardian may freeze a claim's reward once, for this long. */
    guardianFreezeSeconds: seconds,
    /** May freeze challengers' rewards; null where nobody may. */
    guardian: address.nullable(),
    /** Receives the protocol cut; null for the deployer. */
    treasury: address.nullable(),
  }),
  game: z.strictObject({
    providerBudget: range,
    challengerBudget: range,
    /** A move near the end of a clock extends it by this much, at most `greatestMoves` times. */
    extensionSeconds: seconds,
    greatestMoves: z.int().positive().max(1000),
    /** Slack between the latest end of a claim and the end of unbonding. */
    bufferSeconds: seconds,
    /** Levels that an opening publishes at once, so 2^n nodes. */
    arityLog2: z.int().min(1).max(8),
    /** A published segment of a reduction is cut into 2^n pieces. */
    snapshotsLog2: z.int().min(1).max(8),
    /** A move's gas is credited at most at base fee + this. */
    tipCapWei: amount,
    /** The gas price for which bonds are made. */
    priceCapWei: amount,
    /** What a losing challenger owes the provider: once per claim for its trace, and each for the delay. */
    traceFeeWei: amount,
    delayFeeWei: amount,
  }),
});

/** The checked contents of a parameter file. */
export type Parameters = z.output<typeof shape>;

/** One law that the numbers of a parameter file keep together. `holds` is 256-bit arithmetic on chain. */
interface Law {
  readonly rule: string;
  readonly path: readonly string[];
  readonly holds: (p: Parameters) => boolean;
  readonly fix: (p: Parameters) => string;
}

/** The longest time from acceptance of a request to the last possible end of a dispute about its answer. */
export function longestLifeSeconds({ market, game }: Parameters): number {
  return (
    market.greatestAnswerSeconds +
    2 * market.window.greatestSeconds +
    game.providerBudget.greatestSeconds +
    game.challengerBudget.greatestSeconds +
    game.greatestMoves * game.extensionSeconds +
    game.bufferSeconds
  );
}

/** The least collateral ratio that deters: (1-p) / (p · burned share), in bps of the fee, rounded up. */
export function leastCollateralRatioBps({ market }: Parameters): number {
  const p = BigInt(market.auditProbabilityBps);
  const burned = BigInt(market.slashBurnBps);
  if (burned === 0n) return Number.MAX_SAFE_INTEGER;
  const whole = BigInt(BPS);
  return Number(((whole - p) * whole * whole + p * burned - 1n) / (p * burned));
}

const ordered = (path: readonly string[], pick: (p: Parameters) => Parameters["market"]["window"]): Law => ({
  rule: "least ≤ default ≤ greatest",
  path,
  holds: (p) => pick(p).leastSeconds <= pick(p).defaultSeconds && pick(p).defaultSeconds <= pick(p).greatestSeconds,
  fix: () => "put the three durations in order",
});

const longerThanTwoD = (path: readonly string[], pick: (p: Parameters) => number): Law => ({
  rule: "window and clocks ≥ 2 × maxInclusionDelaySeconds",
  path,
  holds: (p) => pick(p) >= 2 * p.chain.maxInclusionDelaySeconds,
  fix: (p) => `raise it to at least ${2 * p.chain.maxInclusionDelaySeconds}`,
});

/** Every law between parameters, in the order in which the documentation gives them. */
export const LAWS: readonly Law[] = [
  ordered(["market", "window"], (p) => p.market.window),
  ordered(["game", "providerBudget"], (p) => p.game.providerBudget),
  ordered(["game", "challengerBudget"], (p) => p.game.challengerBudget),
  longerThanTwoD(["market", "window", "leastSeconds"], (p) => p.market.window.leastSeconds),
  longerThanTwoD(["game", "providerBudget", "leastSeconds"], (p) => p.game.providerBudget.leastSeconds),
  longerThanTwoD(["game", "challengerBudget", "leastSeconds"], (p) => p.game.challengerBudget.leastSeconds),
  {
    rule: "challenger's budget ≤ provider's budget ÷ 4",
    path: ["game", "challengerBudget", "defaultSeconds"],
    holds: ({ game }) =>
      4 * game.challengerBudget.leastSeconds <= game.providerBudget.leastSeconds &&
      4 * game.challengerBudget.defaultSeconds <= game.providerBudget.defaultSeconds &&
      4 * game.challengerBudget.greatestSeconds <= game.providerBudget.greatestSeconds,
    fix: ({ game }) =>
      `lower it to at most ${Math.floor(game.providerBudget.defaultSeconds / 4)}, least and greatest alike`,
  },
  {
    rule: "answer deadline + 2 × window + both budgets + extensions + buffer ≤ unbonding delay",
    path: ["staking", "unbondingDelaySeconds"],
    holds: (p) => longestLifeSeconds(p) <= p.staking.unbondingDelaySeconds,
    fix: (p) => `raise it to at least ${longestLifeSeconds(p)}`,
  },
  {
    rule: "at least half of a slash is burned",
    path: ["market", "slashBurnBps"],
    holds: ({ market }) => market.slashBurnBps >= BPS / 2,
    fix: () => `raise it to at least ${BPS / 2}`,
  },
  {
    rule: "burned, challenger's and gas shares ≤ the whole slash",
    path: ["market", "slashChallengerBps"],
    holds: ({ market }) => market.slashBurnBps + market.slashChallengerBps + market.slashGasBps <= BPS,
    fix: ({ market }) => `lower it to at most ${BPS - market.slashBurnBps - market.slashGasBps}`,
  },
  {
    rule: "collateral ≥ (1-p) / (p · burned share) × fee",
    path: ["market", "collateralRatioBps"],
    holds: (p) => p.market.collateralRatioBps >= leastCollateralRatioBps(p),
    fix: (p) => `raise it to at least ${leastCollateralRatioBps(p)}`,
  },
  {
    rule: "default callback gas ≤ greatest callback gas",
    path: ["market", "callbackDefaultGas"],
    holds: ({ market }) => market.callbackDefaultGas <= market.callbackGreatestGas,
    fix: ({ market }) => `lower it to at most ${market.callbackGreatestGas}`,
  },
  {
    rule: "a freeze lasts at most 7 days",
    path: ["market", "guardianFreezeSeconds"],
    holds: ({ market }) => market.guardianFreezeSeconds <= 7 * 86_400,
    fix: () => `lower it to at most ${7 * 86_400}`,
  },
];

/** The schema of a parameter file: shape first, then the laws. */
export const parametersSchema = shape.superRefine((parameters, context) => {
  for (const { rule, path, holds, fix } of LAWS)
    if (!holds(parameters)) {
      const value = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], parameters);
      const found = typeof value === "object" ? "" : ` (found ${String(value)})`;
      context.addIssue({ code: "custom", path: [...path], message: `${rule}${found}; ${fix(parameters)}` });
    }
});

/** A parameter file that cannot be used: says file, place in it, rule, and what to do. */
export class ParametersError extends Error {
  readonly file: string;
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super([`parameter file ${file} is not usable:`, ...problems.map((problem) => `  ${problem}`)].join("\n"));
    this.name = "ParametersError";
    this.file = file;
    this.problems = problems;
  }
}

/** Checks parameters that are already in memory. @throws ParametersError, with `file` as the name of the source */
export function parseParameters(value: unknown, file = "(in memory)"): Parameters {
  const result = parametersSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "(whole file)"}: ${message}`);
  throw new ParametersError(file, problems);
}

/** Reads and checks a JSON5 parameter file. @throws ParametersError */
export function loadParameters(path: string): Parameters {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ParametersError(path, [`cannot be read (${(cause as Error).message}); give the path of a JSON5 file`]);
  }
  let value: unknown;
  try {
    value = JSON5.parse(text);
  } catch (cause) {
    throw new ParametersError(path, [`is not JSON5 (${(cause as Error).message}); correct the file there`]);
  }
  return parseParameters(value, path);
}
