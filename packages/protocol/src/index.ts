export * from "./parameters.ts";
export type { InferenceMarket } from "./generated/market/InferenceMarket.ts";
export type { ModelRegistry } from "./generated/registry/ModelRegistry.ts";
export type { Staking } from "./generated/staking/Staking.ts";
export type { TestToken } from "./generated/mocks/TestToken.ts";
export type { IInferenceMarket } from "./generated/market/IInferenceMarket.ts";
