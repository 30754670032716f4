/**
 * The whole deployment as an Ignition module: token (a test token where the file names none), registry, market with its
 * staking, step evaluator, dispute game. The order is forced: a contract's references are constructor arguments, except
 * the market's to its game, which needs the market's address first and is named once, last.
 */
import { buildModule } from "@nomicfoundation/ignition-core";
import type { Parameters } from "@assay/protocol";
import { marketConfig, registryLimits } from "./arguments.ts";

/** @param parameters The checked parameter file. */
export function assayModule(parameters: Parameters) {
  return buildModule("Assay", (m) => {
    const deployer = m.getAccount(0);
    const token =
      parameters.token.address === null
        ? m.contract("TestToken", [parameters.token.decimals])
        : m.contractAt("TestToken", parameters.token.address, { id: "Token" });
    const registry = m.contract("ModelRegistry", [registryLimits(parameters)]);
    const market = m.contract("InferenceMarket", [
      {
        ...marketConfig(parameters),
        registry,
        token,
        treasury: parameters.market.treasury ?? deployer,
      },
    ]);
    const staking = m.contractAt("Staking", m.staticCall(market, "STAKING"));
    return { token, registry, market, staking };
  });
}
