// The deployed rules as plain numbers, compiled from the parameter file that deployment reads. Amounts of the token are
// in its smallest units, native amounts in wei, durations in seconds. The contracts' arithmetic on them is here, so that
// it stands in one place: whole numbers, rounded the way the contracts round, exact below 2^53.
import type { Parameters } from "@assay/protocol/parameters";
import { BOND } from "./gas.ts";

export const BPS = 10_000;

/** Gas credited for a move of a kind with so many bytes of data (Bond.gasOf). */
export function gasOf(kind: number, bytes: number): number {
  return Math.max(kind + bytes * BOND.BYTE, BOND.FLOOR + bytes * BOND.FLOOR_BYTE);
}

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
  readonly slashGasBps: number;
  readonly unitsPerGas: number;
  readonly protocolCutBps: number;
  readonly auditLevyBps: number;
  readonly missedAnswerBps: number;
  readonly maxReassignments: number;
  readonly rewardDelaySeconds: number;
  readonly guardianFreezeSeconds: number;
  readonly arityLog2: number;
  readonly snapshotsLog2: number;
  /** What a bond holds for credits: the worst gas of a game at the price that bonds are made for. */
  readonly gasBondWei: number;
  /** What a demand of a leaf adds to the bond: the supply's gas and half as much again, at that price. */
  readonly demandBondWei: number;
  readonly traceFeeWei: number;
  readonly delayFeeWei: number;
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
    slashGasBps: market.slashGasBps,
    unitsPerGas: Number(market.unitsPerGas),
    protocolCutBps: market.protocolCutBps,
    auditLevyBps: market.auditLevyBps,
    missedAnswerBps: market.missedAnswerBps,
    maxReassignments: market.maxReassignments,
    rewardDelaySeconds: market.rewardDelaySeconds,
    guardianFreezeSeconds: market.guardianFreezeSeconds,
    arityLog2: game.arityLog2,
    snapshotsLog2: game.snapshotsLog2,
    gasBondWei: wholeGwei(worstGas(game.arityLog2, game.snapshotsLog2) * Number(game.priceCapWei)),
    demandBondWei: wholeGwei(Math.floor((BOND.SUPPLY * 3) / 2) * Number(game.priceCapWei)),
    traceFeeWei: Number(game.traceFeeWei),
    delayFeeWei: Number(game.delayFeeWei),
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

/** How a slash is split (InferenceMarket._split): every share rounded down, what is left over burned. */
export interface Split {
  reward: number;
  gas: number;
  requester: number;
  burned: number;
}

export function splitOf(rules: Rules, slash: number): Split {
  const { slashBurnBps, slashChallengerBps, slashGasBps } = rules;
  const reward = shareDown(slash, slashChallengerBps);
  const gas = shareDown(slash, slashGasBps);
  const requester = shareDown(slash, BPS - slashBurnBps - slashChallengerBps - slashGasBps);
  return { reward, gas, requester, burned: slash - reward - gas - requester };
}

/** A game's fees are kept in whole gwei, rounded up (DisputeGame._feesGwei). */
export function wholeGwei(wei: number): number {
  return Math.ceil(wei / 1e9) * 1e9;
}

/** The fees of a claim's first game, or of a later one: owed to the provider by a challenger that loses. */
export function gameFeesWei(rules: Rules, first: boolean): number {
  return wholeGwei(rules.delayFeeWei + (first ? rules.traceFeeWei : 0));
}

const groups = (levels: number, size: number) => Math.ceil(levels / size);

/** The most gas that a provider can be credited in one game, demands aside, and half as much again (Bond.worst). */
export function worstGas(arityLog2: number, snapshotsLog2: number): number {
  const levels = [BOND.LEVELS_CALLS, BOND.LEVELS_NODES, BOND.LEVELS_CELLS];
  // Where a row group's cells and their blocks share the levels, one group more.
  const opens = levels.reduce((sum, depth) => sum + groups(depth, arityLog2), 1);
  const width = 32 * 2 ** arityLog2;
  const sum =
    gasOf(BOND.OPEN_TRACE, BOND.TRACE_BYTES + width) +
    gasOf(BOND.OPEN_BLOCK, 1024) +
    BOND.TIMEOUT +
    opens * gasOf(BOND.OPEN, width) +
    groups(BOND.LEVELS_STEPS, snapshotsLog2) * gasOf(BOND.PUBLISH, 32 * 2 ** snapshotsLog2);
  return Math.floor((sum * 3) / 2);
}
