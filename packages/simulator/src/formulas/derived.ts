// The closed forms of this protocol, each derived from the payoffs written beside it.
import { type Formula, type Result, undefinedFormula } from "./formula.ts";

// Payoffs of one job. Honest work costs C, cheating Cprime. An audit happens with probability p; the auditor of a cheat
// colludes with probability r and otherwise misses with probability beta; honest work is convicted with probability phi
// (zero here: the arithmetic is exact). A conviction costs the fee R and the slash S; work already done stays paid for.
//
//   honest: R - C      - p phi (R + S)
//   cheat:  R - Cprime - p (1 - r)(1 - beta)(R + S)
//
// Honest > cheat is the deterrence condition; honest >= m is the participation condition.

const money = {
  R: { unit: "amount", meaning: "fee of one job" },
  C: { unit: "amount", meaning: "cost of honest work" },
  Cprime: { unit: "amount", meaning: "cost of cheating, at most C", otherwise: 0 },
} as const;

const detection = {
  p: { unit: "probability", meaning: "probability that a job is audited" },
  r: { unit: "probability", meaning: "probability that the auditor colludes", otherwise: 0 },
  beta: { unit: "probability", meaning: "probability that an audit misses a cheat", otherwise: 0 },
} as const;

const convictionOfHonest = {
  phi: { unit: "probability", meaning: "probability that an audit convicts honest work", otherwise: 0 },
  m: { unit: "amount", meaning: "margin that honest work must leave", otherwise: 0 },
} as const;

const exactArithmetic = "phi = 0: exact arithmetic convicts no honest provider, so no slash is too high";

/** The saving of a cheat, C - Cprime. Cheating that costs more than honest work is refused: there is nothing to deter. */
function saving(name: string, C: number, Cprime: number): number {
  if (Cprime <= C) return C - Cprime;
  throw undefinedFormula(name, `Cprime=${Cprime}`, `cheating costs more than honest work (C=${C})`, "give Cprime <= C");
}

const deterrence: Formula = {
  name: "deterrence",
  title: "Honesty pays more than cheating, and pays enough",
  statement: "p [(1 - r)(1 - beta) - phi] (R + S) > C - Cprime; p phi (R + S) <= R - C - m",
  source: "derived: payoffs of one job; p (1 - r)(R + S) > C of arXiv 2405.00295 is the case beta = phi = Cprime = 0",
  inputs: {
    ...detection,
    R: money.R,
    S: { unit: "amount", meaning: "slash actually lost" },
    C: money.C,
    Cprime: money.Cprime,
    ...convictionOfHonest,
  },
  results: {
    saving: "what a cheat saves: C - Cprime",
    penalty: "what a cheat loses in expectation beyond an honest provider",
    margin: "penalty - saving: positive iff cheating is deterred",
    deterred: "whether margin > 0",
    risk: "what an honest provider loses in expectation: p phi (R + S)",
    participates: "whether honest work leaves the margin m",
    p_min: "audit probability above which cheating is deterred; Infinity: none is enough",
    S_min: "slash above which cheating is deterred, not below 0; Infinity: none is enough",
  },
  compute: ({ p, r, beta, phi, R, S, C, Cprime, m }) => {
    const save = saving("deterrence", C, Cprime);
    const power = (1 - r) * (1 - beta) - phi;
    const penalty = p * power * (R + S);
    const risk = p * phi * (R + S);
    return {
      saving: save,
      penalty,
      margin: penalty - save,
      deterred: penalty > save,
      risk,
      participates: risk <= R - C - m,
      p_min: atLeastZero(divide(save, power * (R + S))),
      S_min: atLeastZero(divide(save, p * power) - R),
    };
  },
};

/** x / y for y > 0; no positive y reaches x otherwise, so Infinity, or 0 where there is nothing to reach. */
function divide(x: number, y: number): number {
  if (y > 0) return x / y;
  return x === 0 ? 0 : Infinity;
}

function atLeastZero(x: number): number {
  return Math.max(0, x);
}

const slashWindow: Formula = {
  name: "slash-window",
  title: "Slashes high enough to deter and low enough to take part",
  statement:
    "(C - Cprime) / (p [(1 - r)(1 - beta) - phi]) - R <= S <= (R - C - m) / (p phi) - R; " +
    "the ends are in order iff phi <= (1 - r)(1 - beta) mu / (1 + mu), mu = (R - C - m) / (C - Cprime)",
  source: "derived: the deterrence and participation conditions solved for S",
  inputs: { ...detection, ...money, ...convictionOfHonest },
  results: {
    S_min: "lower end; cheating is deterred above it. Below 0: the lost fee alone deters",
    S_max: "upper end; Infinity when phi = 0",
    mu: "honest profit over the saving of a cheat, (R - C - m) / (C - Cprime)",
    phi_max: "largest false-positive rate with the ends in order, whatever p is",
    empty: "whether no slash S >= 0 lies in the window",
    verdict: "the window in words",
  },
  compute: ({ p, r, beta, phi, R, C, Cprime, m }) => {
    const save = saving("slash-window", C, Cprime);
    const profit = R - C - m;
    const detected = (1 - r) * (1 - beta);
    const S_min = divide(save, p * (detected - phi)) - R;
    const S_max = p * phi === 0 ? (profit >= 0 ? Infinity : -Infinity) : profit / (p * phi) - R;
    const mu = save === 0 ? (profit > 0 ? Infinity : profit < 0 ? -Infinity : 0) : profit / save;
    // mu / (1 + mu) as profit / (profit + save), which stands for mu = Infinity too.
    const phi_max = profit + save > 0 ? atLeastZero((detected * profit) / (profit + save)) : 0;
    const [empty, verdict] = judge(S_min, S_max, phi, profit);
    return { S_min, S_max, mu, phi_max, empty, verdict };
  },
};

function judge(S_min: number, S_max: number, phi: number, profit: number): [boolean, string] {
  if (profit < 0) return [true, "empty: honest work does not leave the margin m even when no audit ever errs"];
  if (S_min === Infinity) return [true, "empty: no slash deters, because no audit can tell a cheat from honest work"];
  if (S_max < 0) return [true, "empty: losing the fee to false convictions already costs more than honest work earns"];
  if (S_min > S_max) return [true, "empty: every slash that deters costs an honest provider more than it earns"];
  if (phi === 0) return [false, `open above ${atLeastZero(S_min)}; ${exactArithmetic}`];
  return [false, `slashes from ${atLeastZero(S_min)} to ${S_max}; the narrower it is, the less an error is forgiven`];
}

const exposure: Formula = {
  name: "exposure",
  title: "One stake behind many open claims",
  statement: "K >= n (C - Cprime - p' R) / (1 - (1 - p')^n), p' = p (1 - r)(1 - beta)",
  source: "derived: cheat on all n claims at once; the stake is lost once, at the first conviction",
  inputs: { ...detection, ...money, n: { unit: "count", meaning: "claims open at once on the same stake" } },
  results: {
    p_caught: "probability p' that one cheat is convicted",
    p_any: "probability that at least one of n is",
    K: "least stake that deters cheating on all n; any smaller number of claims needs less",
    K_per_claim: "K / n",
    K_one: "least stake for a single claim",
  },
  compute: ({ p, r, beta, R, C, Cprime, n }) => {
    const save = saving("exposure", C, Cprime);
    const caught = p * (1 - r) * (1 - beta);
    const anyOf = (claims: number) => (caught === 1 ? 1 : -Math.expm1(claims * Math.log1p(-caught)));
    const stake = (claims: number) => atLeastZero(divide(claims * (save - caught * R), anyOf(claims)));
    return { p_caught: caught, p_any: anyOf(n), K: stake(n), K_per_claim: stake(n) / n, K_one: stake(1) };
  },
};

const inspection: Formula = {
  name: "inspection",
  title: "The inspection game: watchers paid only for finds leave some cheating",
  statement: "v* = (C - Cprime) / (R - Cprime + S); q* = c / (rho S); forced errors close the gap iff f J >= c",
  source: "derived: each side mixes so that the other is indifferent (M. Dresher, inspection games, 1962)",
  inputs: {
    ...money,
    S: { unit: "amount", meaning: "slash" },
    rho: { unit: "fraction", meaning: "share of a slash paid to the challenger" },
    c: { unit: "amount", meaning: "cost of one check" },
    f: { unit: "probability", meaning: "rate at which forced errors are planted", otherwise: 0 },
    J: { unit: "amount", meaning: "payout for a forced error", otherwise: 0 },
  },
  results: {
    "v*": "audit rate at which the provider is indifferent, a caught cheat not having paid Cprime",
    "v*_paid": "the same when a caught cheat has paid Cprime already: (C - Cprime) / (R + S), never above v*",
    "q*": "cheating rate at which watchers are indifferent; never 0 while a check costs something",
    "q*_forced": "the same with forced errors: max(0, (c - f J) / (rho S))",
    interior: "whether both rates are in [0, 1], so that the mixed equilibrium exists",
    forced_errors_pay: "whether f J >= c: checking pays without any cheating",
  },
  compute: ({ R, C, Cprime, S, rho, c, f, J }) => {
    const save = saving("inspection", C, Cprime);
    const v = divide(save, R - Cprime + S);
    const q = divide(c, rho * S);
    return {
      "v*": v,
      "v*_paid": divide(save, R + S),
      "q*": q,
      "q*_forced": divide(atLeastZero(c - f * J), rho * S),
      interior: v <= 1 && q <= 1,
      forced_errors_pay: f * J >= c,
    };
  },
};

const selfConviction: Formula = {
  name: "self-conviction",
  title: "A provider that convicts itself",
  statement: "loss = (1 - rho) S",
  source: "derived: the challenger's share returns to a provider that is its own challenger",
  inputs: {
    S: { unit: "amount", meaning: "slash" },
    rho: { unit: "fraction", meaning: "share of a slash paid to the challenger" },
  },
  results: {
    loss: "what the provider really loses: use it in place of S wherever a provider may challenge itself",
    returned: "what it gets back: rho S",
    S_factor: "a slash must be this many times larger to keep its effect: 1 / (1 - rho)",
  },
  compute: ({ S, rho }) => ({ loss: (1 - rho) * S, returned: rho * S, S_factor: divide(1, 1 - rho) }),
};

const delayCost: Formula = {
  name: "delay-cost",
  title: "What a false challenge buys, and what it costs",
  statement: "gain = value * yield * weeks / 52 against the bond B, weeks = window + both clocks",
  source: "derived: the bond is lost, the delay is at most the window and both clocks (compare F11)",
  inputs: {
    value: { unit: "amount", meaning: "value delayed" },
    yield: { unit: "rate", meaning: "yearly yield on that value" },
    weeks: { unit: "weeks", meaning: "window and both clocks together, in weeks" },
    B: { unit: "amount", meaning: "the challenger's bond", otherwise: null },
  },
  results: {
    cost: "what the delay costs its victims: the yield lost",
    B_min: "least bond that covers it",
    covered: "whether the bond covers it (only when B is given)",
    margin: "B - cost (only when B is given)",
  },
  compute: ({ value, yield: rate, weeks, B }): Record<string, Result> => {
    const cost = (value * rate * weeks) / 52;
    return { cost, B_min: cost, ...(B === undefined ? {} : { covered: B >= cost, margin: B - cost }) };
  },
};

export const derived: readonly Formula[] = [deterrence, slashWindow, exposure, inspection, selfConviction, delayCost];
