/**
 * One call that puts everything on a chain and gives typed contracts back. Tests, the story and the command line use it.
 */
import "@nomicfoundation/hardhat-ethers";
import "@nomicfoundation/hardhat-ignition-ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import type { InferenceMarket, ModelRegistry, Parameters, Staking, TestToken } from "@assay/protocol";
import { assayModule } from "./module.ts";

/** What of a Hardhat network connection is needed: `await network.create()` has it. */
export type Connection = Pick<NetworkConnection<ChainType>, "ethers" | "ignition">;

/** The contracts of one deployment, connected to the deployer. */
export interface Deployment {
  readonly token: TestToken;
  readonly registry: ModelRegistry;
  readonly market: InferenceMarket;
  readonly staking: Staking;
}

/**
 * Deploys everything from a checked parameter file; the first account of the connection pays and becomes the treasury
 * where the file names none.
 */
export async function deploy(connection: Connection, parameters: Parameters): Promise<Deployment> {
  return (await connection.ignition.deploy(assayModule(parameters))) as unknown as Deployment;
}
