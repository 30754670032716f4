/**
 * The contracts of one deployment, with types generated from their ABIs (by `hardhat build`, into `generated/`), and the
 * address book that finds them again.
 */
import type { DisputeGame } from "./generated/dispute/DisputeGame.ts";
import type { InferenceMarket } from "./generated/market/InferenceMarket.ts";
import type { TestToken } from "./generated/mocks/TestToken.ts";
import type { ModelRegistry } from "./generated/registry/ModelRegistry.ts";
import type { Staking } from "./generated/staking/Staking.ts";
import type { StepEvaluator } from "./generated/vm/StepEvaluator.ts";

export type { DisputeGame, InferenceMarket, ModelRegistry, Staking, StepEvaluator, TestToken };
export type { IInferenceMarket } from "./generated/market/IInferenceMarket.ts";
export type { IModelRegistry } from "./generated/registry/IModelRegistry.ts";

/** Token, registry, market and staking. On chains where value is real the token is any ERC-20, without `mint`. */
export interface MarketContracts {
  readonly token: TestToken;
  readonly registry: ModelRegistry;
  readonly market: InferenceMarket;
  readonly staking: Staking;
}

/** Everything. */
export interface Contracts extends MarketContracts {
  readonly evaluator: StepEvaluator;
  readonly game: DisputeGame;
}

/** Where a deployment is: its chain and the address of each contract. */
export interface AddressBook {
  readonly chainId: number;
  readonly addresses: Readonly<Record<keyof Contracts, string>>;
}

/** The address book of contracts that are at hand. */
export async function addressBookOf(contracts: Contracts, chainId: number | bigint): Promise<AddressBook> {
  const names = ["token", "registry", "market", "staking", "evaluator", "game"] as const;
  const found = await Promise.all(names.map(async (name) => [name, await contracts[name].getAddress()] as const));
  return { chainId: Number(chainId), addresses: Object.fromEntries(found) as AddressBook["addresses"] };
}
