/** Where the story's chain runs: in this process, or as a separate anvil node. */
export const CHAINS = ["hardhat", "anvil"] as const;
export type ChainName = (typeof CHAINS)[number];
