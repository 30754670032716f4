/**
 * One call that puts everything on a chain and gives typed contracts back. Tests, the story and the command line use it.
 */
import "@nomicfoundation/hardhat-ethers";
import "@nomicfoundation/hardhat-ignition-ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import type { Contracts, MarketContracts, Parameters } from "@assay/protocol";
import { assayModule, marketModule } from "./module.ts";

/** What of a Hardhat network connection is needed: `await network.create()` has it. */
export type Connection = Pick<NetworkConnection<ChainType>, "ethers" | "ignition">;

/**
 * Deploys everything from a checked parameter file; the first account of the connection pays, and becomes the treasury
 * where the file names none. The contracts are connected to that account.
 * @param options Name of the deployment's journal (`ignition/deployments/`), which a chain outside this process needs to
 * be resumed; by its chain id if absent.
 */
export async function deploy(
  connection: Connection,
  parameters: Parameters,
  options: { readonly deploymentId?: string } = {},
): Promise<Contracts> {
  return (await connection.ignition.deploy(assayModule(parameters), options)) as unknown as Contracts;
}

/** Deploys everything but what decides disputes; the market's game is still to be named. */
export async function deployMarket(connection: Connection, parameters: Parameters): Promise<MarketContracts> {
  return (await connection.ignition.deploy(marketModule(parameters))) as unknown as MarketContracts;
}
