/**
 * The stage of the story: a chain, the contracts on it, and the people, each with a wallet. Everything here is what a real
 * deployment has; only the accounts come from the development chain.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fastHasher } from "@assay/engine";
import { loadParameters, type Contracts, type Parameters } from "@assay/protocol";
import { Disputes, Inferences } from "@assay/sdk";
import type { Signer } from "ethers";
import type { ChainName } from "./chains.ts";

export const ROLES = ["deployer", "provider", "requester", "challenger", "griefer"] as const;
export type Role = (typeof ROLES)[number];

export interface Stage {
  readonly chain: ChainName;
  readonly chainId: bigint;
  readonly contracts: Contracts;
  readonly parameters: Parameters;
  readonly people: Readonly<Record<Role, Signer>>;
  readonly addresses: Readonly<Record<Role, string>>;
  readonly inferences: Inferences;
  readonly disputes: Disputes;
  /** Deploys one more contract, by its artifact's name. */
  deployContract(name: string, args: unknown[]): Promise<string>;
  /** Seconds of the chain's clock. */
  now(): Promise<number>;
  /** Lets time pass on the chain. */
  sleep(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
export const LOCAL_PARAMETERS = join(ROOT, "packages/deployment/parameters/local.json5");

/** What each wallet starts with, in tokens of 18 decimals. */
const PURSE = 10n ** 24n;

/** A development chain with everything deployed and every wallet filled. */
export async function setStage(chain: ChainName): Promise<Stage> {
  // Loaded only when a chain is needed: other verbs start without it.
  const [{ network }, { deploy }] = await Promise.all([import("hardhat"), import("@assay/deployment")]);
  const parameters = loadParameters(LOCAL_PARAMETERS);
  const node = chain === "anvil" ? await startAnvil() : undefined;
  const connection = await (node === undefined
    ? network.create()
    : network.create({ network: "anvil", override: { url: node.url } }));
  const { ethers } = connection;
  // A node of this run only: so is the journal that a separate node's deployment leaves on disk.
  const deploymentId = `story-${randomUUID()}`;
  const contracts = await deploy(connection, parameters, { deploymentId });
  const signers = await ethers.getSigners();
  const people = Object.fromEntries(ROLES.map((role, i) => [role, signers[i]])) as unknown as Record<Role, Signer>;
  const addresses = Object.fromEntries(ROLES.map((role, i) => [role, signers[i].address])) as unknown as Record<
    Role,
    string
  >;
  for (const role of ROLES) {
    await (await contracts.token.mint(addresses[role], PURSE)).wait();
    for (const spender of [contracts.market, contracts.staking])
      await (await contracts.token.connect(people[role]).approve(await spender.getAddress(), PURSE)).wait();
  }
  const { chainId } = await ethers.provider.getNetwork();
  return {
    chain,
    chainId,
    contracts,
    parameters,
    people,
    addresses,
    inferences: new Inferences(contracts.market, fastHasher),
    disputes: new Disputes(contracts.game),
    deployContract: async (name, args) => (await ethers.deployContract(name, args)).getAddress(),
    now: async () => (await ethers.provider.getBlock("latest"))!.timestamp,
    sleep: async (seconds) => {
      // To the second: an increase would add what the machine's own clock has gone on meanwhile.
      const { timestamp } = (await ethers.provider.getBlock("latest"))!;
      await ethers.provider.send("evm_setNextBlockTimestamp", [timestamp + seconds]);
      await ethers.provider.send("evm_mine", []);
    },
    close: async () => {
      await connection.close();
      node?.stop();
      await rm(join(ROOT, "ignition", "deployments", deploymentId), { recursive: true, force: true });
    },
  };
}

interface Node {
  readonly url: string;
  stop(): void;
}

/** A port that nothing listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Starts anvil from its npm package and waits until it listens. Throws if it does not start. */
async function startAnvil(): Promise<Node> {
  const port = await freePort();
  const manifest = createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json");
  const binary = join(dirname(manifest), "bin.mjs");
  const flags = ["--port", `${port}`, "--hardfork", "osaka", "--silent"];
  // A process group of its own, because the package's command starts the node as a child.
  const child = spawn(process.execPath, [binary, ...flags], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const stop = (): void => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) process.kill(-child.pid);
  };
  process.once("exit", stop);
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`anvil did not start on port ${port}: ${errors.trim() || "no output"}`);
    try {
      await fetch(url, { method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' });
      return { url, stop };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
