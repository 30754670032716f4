import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import { portableBits } from "./scripts/hardhat/portable-bits.ts";

const compiler = {
  version: "0.8.37",
  path: new URL(import.meta.resolve("solc/soljson.js")).pathname,
};

const settings = {
  viaIR: true,
  optimizer: { enabled: true, runs: 10_000 },
  metadata: { bytecodeHash: "none" as const },
  // For snapshots/contracts.json.
  outputSelection: { "*": { "*": ["storageLayout"] } },
};

/** Per EVM version: all contracts for speed, but the game, whose moves cost calldata and storage, for size. */
const profile = (evmVersion: string) => ({
  compilers: [{ ...compiler, settings: { ...settings, evmVersion } }],
  overrides: {
    "contracts/dispute/DisputeGame.sol": {
      ...compiler,
      settings: { ...settings, evmVersion, optimizer: { enabled: true, runs: 200 } },
    },
  },
});

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, portableBits],
  solidity: {
    profiles: {
      default: profile("osaka"),
      // For chains without the clz opcode (EIP-7939).
      prague: profile("prague"),
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    prague: { type: "edr-simulated", chainType: "l1", hardfork: "prague" },
    // A separate node, started where it is needed; the address is overridden by whoever starts it.
    anvil: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
  },
  paths: { tests: { mocha: "test", solidity: "test" } },
  typechain: { outDir: "packages/protocol/src/generated", discriminateTypes: true, tsNocheck: true },
});
