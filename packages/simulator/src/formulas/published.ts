// F1 to F12: closed forms of other systems and papers, each with its source, in the symbols of the documentation.
import { type Formula, undefinedFormula } from "./formula.ts";

/** numerator / denominator where the denominator is a sum of amounts that must not be zero. */
function ratio(name: string, where: string, numerator: number, denominator: number): number {
  if (denominator > 0) return numerator / denominator;
  throw undefinedFormula(name, where, "the denominator is zero", `make ${where} positive`);
}

const F1: Formula = {
  name: "F1",
  title: "When checking pays a watcher",
  statement: "check iff X >= C / (R + L)",
  source: "E. Felten, Cheater Checking: How attention challenges solve the verifier's dilemma, 2019",
  inputs: {
    C: { unit: "amount", meaning: "cost of one check" },
    R: { unit: "amount", meaning: "reward for a find" },
    L: { unit: "amount", meaning: "loss from a missed cheat" },
    X: { unit: "probability", meaning: "probability that the provider cheats", otherwise: null },
  },
  results: {
    X_min: "cheating below this probability is never checked; above 1: never worth checking",
    free_cheating: "the probability of cheating that costs nothing: min(X_min, 1)",
    checks: "whether a watcher checks at X (only when X is given)",
  },
  compute: ({ C, R, L, X }) => {
    const X_min = ratio("F1", "R + L", C, R + L);
    return { X_min, free_cheating: Math.min(X_min, 1), ...(X === undefined ? {} : { checks: X >= X_min }) };
  },
};

const F2: Formula = {
  name: "F2",
  title: "Audit probability that makes honesty the unique equilibrium",
  statement: "p > C / ((1 - r) (R + S))",
  source: "Proof of Sampling, arXiv 2405.00295",
  inputs: {
    C: { unit: "amount", meaning: "cost of honest work" },
    R: { unit: "amount", meaning: "fee" },
    S: { unit: "amount", meaning: "slash" },
    r: { unit: "probability", meaning: "probability that the auditor colludes", otherwise: 0 },
    p: { unit: "probability", meaning: "audit probability to judge", otherwise: null },
  },
  results: {
    p_min: "p must be strictly greater; 1 or more: no audit probability is enough",
    possible: "whether some p in [0, 1] is enough",
    honest: "whether honesty is the unique equilibrium at p (only when p is given)",
  },
  compute: ({ C, R, S, r, p }) => {
    if (R + S === 0) throw undefinedFormula("F2", "R + S", "the denominator is zero", "make R + S positive");
    const p_min = C === 0 ? 0 : C / ((1 - r) * (R + S));
    return { p_min, possible: p_min < 1, ...(p === undefined ? {} : { honest: p > p_min }) };
  },
};

const F3: Formula = {
  name: "F3",
  title: "Frauds before detection, the slash that pays for them, samples for a confidence",
  statement: "frauds = (1 - p) / p; S = R (1 - p) / p; k = ln(1 - P) / ln(1 - p)",
  source: "Pocket Network, probabilistic proofs",
  inputs: {
    p: { unit: "probability", meaning: "probability that one fraud is detected, above 0" },
    R: { unit: "amount", meaning: "gain of one fraud", otherwise: null },
    P: { unit: "probability", meaning: "wanted confidence of at least one detection, below 1", otherwise: null },
  },
  results: {
    frauds: "expected frauds before the first detected one",
    S: "slash that takes the expected gain back (only when R is given)",
    k: "samples for confidence P, as a real number (only when P is given)",
    k_whole: "k rounded up to whole samples (only when P is given)",
  },
  compute: ({ p, R, P }) => {
    if (p === 0)
      throw undefinedFormula("F3", "p=0", "nothing is ever detected, so every result is infinite", "give p > 0");
    if (P === 1 && p < 1)
      throw undefinedFormula("F3", "P=1", "no finite number of samples gives certainty", "give P < 1, such as 0.99");
    const frauds = (1 - p) / p;
    const samples = () => {
      const k = p === 1 ? (P > 0 ? 1 : 0) : Math.log1p(-P) / Math.log1p(-p);
      return { k, k_whole: wholeSamples(k, p, P) };
    };
    return { frauds, ...(R === undefined ? {} : { S: R * frauds }), ...(P === undefined ? {} : samples()) };
  },
};

/** The least whole k with 1 - (1-p)^k >= P: the logarithm's last bit must not cost or save a sample. */
function wholeSamples(k: number, p: number, P: number): number {
  const near = Math.round(k);
  if (Math.abs(k - near) <= 1e-9 * Math.max(1, k) && -Math.expm1(near * Math.log1p(-p)) >= P * (1 - 1e-12)) return near;
  return Math.ceil(k);
}

const F4: Formula = {
  name: "F4",
  title: "The announcement game: more watchers check less, and the risk stays",
  statement: "alpha_m = 1 - ((B + S) / (Z + S))^(1/m); P(nobody checks) = (B + S) / (Z + S) for every m",
  source: "S. Liu, Y. Zeng, arXiv 2407.21413",
  inputs: {
    B: { unit: "amount", meaning: "the announcer's reward for honesty" },
    S: { unit: "amount", meaning: "the announcer's slash" },
    Z: { unit: "amount", meaning: "the announcer's gain from an unnoticed lie" },
    m: { unit: "count", meaning: "number of watchers" },
  },
  results: {
    alpha_m: "probability with which each watcher checks",
    P_nobody: "probability that nobody checks, independent of m",
    mixed: "whether the mixed equilibrium exists (Z > B); otherwise lying does not pay at all and nobody need check",
  },
  compute: ({ B, S, Z, m }) => {
    if (Z <= B) return { alpha_m: 0, P_nobody: 1, mixed: false };
    const P_nobody = (B + S) / (Z + S);
    return { alpha_m: P_nobody === 0 ? 1 : -Math.expm1(Math.log(P_nobody) / m), P_nobody, mixed: true };
  },
};

const F5: Formula = {
  name: "F5",
  title: "A single-winner prize among equal watchers",
  statement: "worth mu / (n + 1) to each; join iff mu > c (n + 1)",
  source: "S. Lee, Hollow Victory, arXiv 2504.05094",
  inputs: {
    mu: { unit: "amount", meaning: "the prize" },
    c: { unit: "amount", meaning: "cost of taking part" },
    n: { unit: "count", meaning: "number of watchers; the liar's own sock puppet is claimant n + 1" },
  },
  results: {
    worth: "expected prize of each watcher",
    joins: "whether taking part pays for each of n watchers",
    n_max: "the most watchers that take part at a profit; 0 or less: none",
  },
  compute: ({ mu, c, n }) => {
    const n_max = c === 0 ? (mu > 0 ? Infinity : -1) : Math.max(-1, Math.ceil(mu / c) - 2);
    return { worth: mu / (n + 1), joins: mu > c * (n + 1), n_max };
  },
};

const F6: Formula = {
  name: "F6",
  title: "Bond by depth in a bisection game",
  statement: "bond(depth) = 200 gwei * 400,000 * 750^(depth / 73)",
  source: "Optimism specifications, bond incentives",
  inputs: { depth: { unit: "wholeDepth", meaning: "depth of the claim in the game, 0 to 73" } },
  results: {
    bond: "bond of this claim in ether",
    bond_gwei: "the same in gwei",
    total: "bonds of all claims from depth 0 to this one in ether: what one straight path locks",
  },
  compute: ({ depth }) => {
    const bondGwei = (at: number) => 200 * 400_000 * Math.pow(750, at / 73);
    let total = 0;
    for (let at = 0; at <= depth; at++) total += bondGwei(at);
    return { bond: bondGwei(depth) / 1e9, bond_gwei: bondGwei(depth), total: total / 1e9 };
  },
};

const F7: Formula = {
  name: "F7",
  title: "Correlation penalty",
  statement: "penalty = min(3 * share, 1)",
  source: "Ethereum consensus specifications, Electra",
  inputs: { share: { unit: "fraction", meaning: "share of all stake slashed in the same period" } },
  results: { penalty: "fraction of a slashed stake that is taken" },
  compute: ({ share }) => ({ penalty: Math.min(3 * share, 1) }),
};

const F8: Formula = {
  name: "F8",
  title: "Spread of a lottery payment",
  statement: "relative deviation = sqrt((1 - p) / (n p))",
  source: "Livepeer TicketBroker, probabilistic micropayments",
  inputs: {
    n: { unit: "count", meaning: "number of tickets" },
    p: { unit: "probability", meaning: "probability that a ticket wins, above 0" },
  },
  results: { deviation: "standard deviation of the payout divided by its mean" },
  compute: ({ n, p }) => {
    if (p === 0) throw undefinedFormula("F8", "p=0", "no ticket ever wins, the mean is zero", "give p > 0");
    return { deviation: Math.sqrt((1 - p) / (n * p)) };
  },
};

const F9: Formula = {
  name: "F9",
  title: "Loss in a restaking network with a buffer",
  statement: "share lost < (1 + 1 / gamma) psi",
  source: "N. Durvasula, T. Roughgarden, Robust Restaking Networks, arXiv 2407.21785",
  inputs: {
    gamma: { unit: "rate", meaning: "buffer: attack costs exceed attack profits by this factor, above 0" },
    psi: { unit: "fraction", meaning: "share of all stake lost in the first shock" },
  },
  results: {
    bound: "the share finally lost stays below this",
    loss_max: "the same, at most 1: a bound above 1 says nothing",
    informative: "whether the bound is below 1",
  },
  compute: ({ gamma, psi }) => {
    if (gamma === 0)
      throw undefinedFormula(
        "F9",
        "gamma=0",
        "without a buffer the loss is not bounded",
        "give gamma > 0, such as 0.1",
      );
    const bound = (1 + 1 / gamma) * psi;
    return { bound, loss_max: Math.min(bound, 1), informative: bound < 1 };
  },
};

const F10: Formula = {
  name: "F10",
  title: "Stake that covers the value at risk",
  statement: "P * share * S >= value",
  source: "EigenLayer whitepaper, cost of corruption",
  inputs: {
    P: { unit: "probability", meaning: "probability of detection" },
    share: { unit: "fraction", meaning: "fraction of the stake that a slash takes" },
    S: { unit: "amount", meaning: "stake" },
    value: { unit: "amount", meaning: "value at risk" },
  },
  results: {
    covered: "value that the stake covers: P * share * S",
    safe: "whether the value at risk is covered",
    S_min: "least stake that covers the value",
  },
  compute: ({ P, share, S, value }) => {
    const covered = P * share * S;
    return { covered, safe: covered >= value, S_min: value === 0 ? 0 : value / (P * share) };
  },
};

const F11: Formula = {
  name: "F11",
  title: "Bond that pays for the delay it can cause",
  statement: "bond >= value * yield / 52 per week",
  source: "Arbitrum BoLD, economics of disputes",
  inputs: {
    value: { unit: "amount", meaning: "value locked by the delay" },
    yield: { unit: "rate", meaning: "yearly yield on that value, 0.05 for five per cent" },
    weeks: { unit: "weeks", meaning: "length of the delay", otherwise: 1 },
  },
  results: { bond: "least bond: the yield lost over the delay", per_week: "the same for one week" },
  compute: ({ value, yield: rate, weeks }) => ({ bond: (value * rate * weeks) / 52, per_week: (value * rate) / 52 }),
};

const F12: Formula = {
  name: "F12",
  title: "Jackpot of a forced error, shared against sock puppets",
  statement: "each of k finders gets J / 2^(k - 1)",
  source: "J. Teutsch, C. Reitwiessner, Truebit, arXiv 1908.04756",
  inputs: {
    J: { unit: "amount", meaning: "jackpot of a forced error found by one" },
    k: { unit: "count", meaning: "number of finders" },
  },
  results: {
    payout: "what each finder gets",
    total: "what all finders get together: k J / 2^(k - 1), falling from k = 2 on",
  },
  compute: ({ J, k }) => ({ payout: J / 2 ** (k - 1), total: (k * J) / 2 ** (k - 1) }),
};

export const published: readonly Formula[] = [F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12];
