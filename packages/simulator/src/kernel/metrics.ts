// What a run counts: one 64-bit float per name, in a fixed order, so that runs add up and rows have the same columns.

const COUNTS = [
  "requests",
  "declined",
  "unserved",
  "accepted",
  "posted",
  "wrong",
  "checks",
  "audits",
  "audited",
  "challenges",
  "tooLate",
  "unprofitable",
  "finalised",
  "finalisedWrong",
  "convictedByProof",
  "convictedBySilence",
  "convictedHonest",
  "griefed",
  "commits",
  "demands",
  "frozen",
  "callbacks",
  "missed",
  "reassigned",
  "refunded",
  "receipts",
  "uncovered",
  "forcedFound",
  "switches",
  "unfinished",
] as const;

const AMOUNTS = [
  "feesUsd",
  "harmUsd",
  "gainUsd",
  "slashedUsd",
  "burnedUsd",
  "challengersUsd",
  "requestersUsd",
  "auditPayUsd",
  "bribesUsd",
  "gasUsd",
  "marketGasUsd",
  "checkCostUsd",
  "delaySeconds",
  "lockSeconds",
  "latestDelaySeconds",
] as const;

export const METRICS = [...COUNTS, ...AMOUNTS] as const;
export type Metric = (typeof METRICS)[number];

/** The place of each metric. */
export const M = Object.freeze(Object.fromEntries(METRICS.map((name, index) => [name, index]))) as Readonly<
  Record<Metric, number>
>;
