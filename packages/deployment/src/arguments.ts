/**
 * Constructor arguments from a parameter file: the same numbers under the contracts' names.
 */
import type { Parameters } from "@assay/protocol";

const NOBODY = "0x0000000000000000000000000000000000000000";

/** `IModelRegistry.Limits`. */
export function registryLimits({ chain, market, game }: Parameters) {
  return {
    maxInclusionDelaySeconds: chain.maxInclusionDelaySeconds,
    leastWindowSeconds: market.window.leastSeconds,
    greatestWindowSeconds: market.window.greatestSeconds,
    leastProviderBudgetSeconds: game.providerBudget.leastSeconds,
    greatestProviderBudgetSeconds: game.providerBudget.greatestSeconds,
    leastChallengerBudgetSeconds: game.challengerBudget.leastSeconds,
    greatestChallengerBudgetSeconds: game.challengerBudget.greatestSeconds,
  };
}

/** `IInferenceMarket.Config`, all but the addresses of registry, token and treasury. */
export function marketConfig({ market, game, staking }: Parameters) {
  return {
    guardian: market.guardian ?? NOBODY,
    unbondingDelaySeconds: staking.unbondingDelaySeconds,
    greatestAnswerSeconds: market.greatestAnswerSeconds,
    bufferSeconds: game.bufferSeconds,
    extensionSeconds: game.extensionSeconds,
    greatestMoves: game.greatestMoves,
    auditProbabilityBps: market.auditProbabilityBps,
    collateralRatioBps: market.collateralRatioBps,
    slashBurnBps: market.slashBurnBps,
    slashChallengerBps: market.slashChallengerBps,
    slashGasBps: market.slashGasBps,
    protocolCutBps: market.protocolCutBps,
    missedAnswerBps: market.missedAnswerBps,
    maxReassignments: market.maxReassignments,
    leastFeeUnits: market.leastFeeUnits,
    callbackGreatestGas: market.callbackGreatestGas,
    rewardDelaySeconds: market.rewardDelaySeconds,
    guardianFreezeSeconds: market.guardianFreezeSeconds,
    unitsPerGas: market.unitsPerGas,
    traceFeeWei: game.traceFeeWei,
    delayFeeWei: game.delayFeeWei,
  };
}

/** `DisputeGame.Parameters`. */
export function gameParameters({ game }: Parameters) {
  return {
    arityLog2: game.arityLog2,
    snapshotsLog2: game.snapshotsLog2,
    extension: game.extensionSeconds,
    tipCap: game.tipCapWei,
    priceCap: game.priceCapWei,
  };
}
