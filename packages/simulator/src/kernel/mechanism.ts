// The rules that a study may replace: how much is locked, who gets what, who is audited. The deployed ones are the
// contracts'; those are what the comparison with the chain covers.
import { type Rules, shareUp, type Split, splitOf, gameFeesWei } from "../rules.ts";
import type { Simulation } from "./simulation.ts";

export interface Mechanism {
  readonly name: string;
  /** Units locked for a fee. */
  readonly collateral: (rules: Rules, fee: number) => number;
  /** How a slash is divided; the parts add up to it. */
  readonly split: (rules: Rules, slash: number) => Split;
  /** What of a missed answer's collateral is taken. */
  readonly penalty: (rules: Rules, collateral: number) => number;
  /** The protocol's part of earnings. */
  readonly cut: (rules: Rules, earnings: number) => number;
  /** What of a challenger's bond the provider gets when the challenger loses, in wei. */
  readonly feesWei: (rules: Rules, first: boolean) => number;
  /** Probability that an auditor is appointed to an answer that was just posted. */
  readonly auditRate: (sim: Simulation, claim: number) => number;
}

/** The contracts' rules; audits as the design has them: each answer with the same probability. */
export const deployed: Mechanism = {
  name: "deployed",
  collateral: (rules, fee) => shareUp(fee, rules.collateralRatioBps),
  split: splitOf,
  penalty: (rules, collateral) => shareUp(collateral, rules.missedAnswerBps),
  cut: (rules, earnings) => shareUp(earnings, rules.protocolCutBps),
  feesWei: gameFeesWei,
  auditRate: (sim) => sim.auditRate,
};
