// The deployed rules as plain numbers, compiled from the parameter file that deployment reads. Amounts of the token are
// in its smallest units, native amounts in wei, durations in seconds. The market's arithmetic on them is here, so that
// it stands beside the contracts' own: whole numbers, rounded the way the contracts round, exact below 2^53.
import type { Parameters } from "@assay/protocol/parameters";

export const BPS = 10_000;

/** What each kind of move is credited or repaid, in gas: the constants of contracts/dispute/Bond.sol. */
export const GAS = {
  openTrace: 150_000,
  openTraceOutput: 60_000,
  open: 50_000,
  openChild: 1_300,
  openLeaf: 60_000,
  timeout: 120_000,
  challenge: 200_000,
  move: 120_000,
} as const;

export interface Rules {
  readonly decimals: number;
  readonly maxInclusionDelaySeconds: number;
  readonly windowSeconds: number;
  readonly answerSeconds: number;
  readonly providerBudgetSeconds: number;
  readonly challengerBudgetSeconds: number;
  readonly extensionSeconds: number;
  readonly unbondingSeconds: number;
  readonly auditProbability: number;
  readonly collateralRatioBps: number;
  readonly slashBurnBps: number;
  readonly slashChallengerBps: number;
  readonly protocolCutBps: number;
  readonly auditLevyBps: number;
  readonly missedAnswerBps: number;
  readonly maxReassignments: number;
  readonly bondGasBps: number;
  readonly providerGreatestGas: number;
  readonly traceFeeWei: number;
  readonly priorityFeeCapWei: number;
}

/** The rules at the parameter file's defaults for everything a model's owner may choose. */
export function compileRules({ chain, token, staking, market, game }: Parameters): Rules {
  return {
    decimals: token.decimals,
    maxInclusionDelaySeconds: chain.maxInclusionDelaySeconds,
    windowSeconds: market.window.defaultSeconds,
    answerSeconds: market.greatestAnswerSeconds,
    providerBudgetSeconds: game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: game.challengerBudget.defaultSeconds,
    extensionSeconds: game.extensionSeconds,
    unbondingSeconds: staking.unbondingDelaySeconds,
    auditProbability: market.auditProbabilityBps / BPS,
    collateralRatioBps: market.collateralRatioBps,
    slashBurnBps: market.slashBurnBps,
    slashChallengerBps: market.slashChallengerBps,
    protocolCutBps: market.protocolCutBps,
    auditLevyBps: market.auditLevyBps,
    missedAnswerBps: market.missedAnswerBps,
    maxReassignments: market.maxReassignments,
    bondGasBps: game.bondGasBps,
    providerGreatestGas: game.providerGreatestGas,
    traceFeeWei: Number(game.traceFeeWei),
    priorityFeeCapWei: Number(game.priorityFeeCapWei),
  };
}

/** amount × bps ÷ 10,000, rounded down. */
export function shareDown(amount: number, bps: number): number {
  return Math.floor((amount * bps) / BPS);
}

/** amount × bps ÷ 10,000, rounded up. */
export function shareUp(amount: number, bps: number): number {
  return Math.ceil((amount * bps) / BPS);
}
