/**
 * The whole deployment as Ignition modules: token (a test token where the file names none), registry, market with its
 * staking; then step evaluator and dispute game. The order is forced: a contract's references are constructor arguments,
 * except the market's to its game, which needs the market's address first and is named once, last.
 */
import { buildModule } from "@nomicfoundation/ignition-core";
import type { Parameters } from "@assay/protocol";
import { gameParameters, marketConfig, registryLimits } from "./arguments.ts";

/**
 * Token, registry, market and staking: all but what decides disputes.
 * @param parameters The checked parameter file.
 */
export function marketModule(parameters: Parameters) {
  return buildModule("AssayMarket", (m) => {
    const token =
      parameters.token.address === null
        ? m.contract("TestToken", [parameters.token.decimals])
        : m.contractAt("TestToken", parameters.token.address, { id: "Token" });
    const registry = m.contract("ModelRegistry", [registryLimits(parameters)]);
    const treasury = parameters.market.treasury ?? m.getAccount(0);
    const market = m.contract("InferenceMarket", [{ ...marketConfig(parameters), registry, token, treasury }]);
    const staking = m.contractAt("Staking", m.staticCall(market, "STAKING"));
    return { token, registry, market, staking };
  });
}

/**
 * Everything.
 * @param parameters The checked parameter file.
 */
export function assayModule(parameters: Parameters) {
  return buildModule("Assay", (m) => {
    const contracts = m.useModule(marketModule(parameters));
    const evaluator = m.contract("StepEvaluator");
    const game = m.contract("DisputeGame", [contracts.market, evaluator, gameParameters(parameters)]);
    m.call(contracts.market, "nameGame", [game]);
    return { ...contracts, evaluator, game };
  });
}
