/** The contracts that a deployment puts on a chain, the test token aside. */
export const CONTRACTS = ["ModelRegistry", "Staking", "InferenceMarket", "DisputeGame", "StepEvaluator"] as const;
