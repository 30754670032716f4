/**
 * A small world around the market: the contracts deployed from the local parameter file, a registered model with one
 * input and one output, and people. A test moves through it with one verb per step.
 */
import { fileURLToPath } from "node:url";
import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";
import { hexlify } from "ethers";
import { network } from "hardhat";
import { deployMarket } from "../../packages/deployment/src/index.ts";
import { loadParameters, type IInferenceMarket, type Parameters } from "../../packages/protocol/src/index.ts";
import { DType } from "../../packages/vm/src/dtype.ts";
import { encodeHeader } from "../../packages/vm/src/header.ts";
import { NO_HASH } from "../../packages/vm/src/hash.ts";
import { NO_NODE } from "../../packages/vm/src/record.ts";
import { shape } from "../../packages/vm/src/shapeExpression.ts";

export type Request = IInferenceMarket.RequestStruct;
export type Order = IInferenceMarket.OrderStruct;

export const PARAMETERS = fileURLToPath(new URL("../../packages/deployment/parameters/local.json5", import.meta.url));

/** One hundred tokens of 18 decimals. */
export const FEE = 100n * 10n ** 18n;
export const STAKE = 100_000n * 10n ** 18n;

/** Ends of a request that nobody asked anything special of. */
export const CALM = { acceptSeconds: 300n, answerSeconds: 300n } as const;

/** A header whose model takes float32[symbol 0] and gives anything; symbol 0 from 1 to 64, one to four calls. */
export function headerOf(parameterCount = 0): Uint8Array {
  return encodeHeader({
    loweringVersion: 1,
    counts: { prompt: 1, decode: 1, epilogue: 1 },
    roots: { prompt: NO_HASH, decode: NO_HASH, epilogue: NO_HASH },
    parameterCount,
    outputs: [0],
    stop: { prompt: NO_NODE, decode: NO_NODE },
    calls: { least: 2, greatest: 4 },
    tokenizer: NO_HASH,
    chatTemplate: NO_HASH,
    labels: NO_HASH,
    symbols: [{ least: 1, greatest: 64 }],
    inputs: [{ dtype: DType.FLOAT32, shape: [shape.symbol(0)] }],
  });
}

/** 25 bytes: one output of `count` float32 elements, its own row group as node 0. */
export function describeOutput(count: number): string {
  const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");
  return `0x${hex(1, 1)}${hex(count, 8)}${hex(count, 8)}${hex(0, 4)}${hex(1, 4)}`;
}

/** `count` bytes, none of them zero. */
export const filled = (count: number): string => hexlify(Uint8Array.from({ length: count }, (_, i) => 1 + (i % 255)));

/**
 * @param change What is different in the parameters.
 * @param weird Another contract for the token; then nothing is staked yet.
 */
export async function makeWorld(change: (parameters: Parameters) => Parameters = (p) => p, weird?: string) {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const parameters = change(loadParameters(PARAMETERS));
  if (weird !== undefined) {
    const address = await (await ethers.deployContract(weird)).getAddress();
    parameters.token = { ...parameters.token, address };
  }
  const contracts = await deployMarket(connection, parameters);
  const { token, registry, market, staking } = contracts;
  const [deployer, owner, requester, challenger, watcher, stranger, operator] = await ethers.getSigners();

  const game = await ethers.deployContract("ScriptedGame", [await market.getAddress()]);
  await market.nameGame(await game.getAddress());

  const spenders = [await market.getAddress(), await staking.getAddress()];
  for (const person of [deployer, owner, requester, challenger, stranger, operator]) {
    await token.mint(person.address, 10n ** 27n);
    for (const spender of spenders) await token.connect(person).approve(spender, 2n ** 256n - 1n);
  }

  const clocks = {
    windowSeconds: parameters.market.window.defaultSeconds,
    providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
  };
  const registration = [headerOf(), ethers.id("params"), clocks, "ipfs://model", ethers.ZeroHash] as const;
  const modelId = await registry.register.staticCall(...registration);
  await registry.register(...registration);

  await staking.connect(owner).join(100, "https://provider.example");
  const provider = await staking.providerOf(owner.address);
  await staking.connect(owner).serve(provider, modelId, 10, FEE);
  const stake = (amount = STAKE) => staking.connect(owner).deposit(provider, amount);
  if (weird === undefined) await stake();

  let salt = 0n;
  /** A request for one inference on 64 floats. */
  const requestOf = (part: Partial<Request> = {}): Request => ({
    modelId,
    seed: 7n,
    symbols: 64n,
    fee: FEE,
    calls: 3n,
    provider: 0n,
    ...CALM,
    reassignments: 0n,
    callback: ethers.ZeroAddress,
    callbackGas: 0n,
    finality: 0n,
    salt: ++salt,
    ...part,
  });

  /** Waits for a transaction and gives its receipt. */
  const mined = async (sent: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt> =>
    (await (await sent).wait())!;

  /** The order in a request's receipt. */
  const orderIn = (receipt: ContractTransactionReceipt): { claimId: bigint; order: Order } => {
    for (const log of receipt.logs) {
      const event = market.interface.parseLog(log);
      if (event?.name === "Requested" || event?.name === "RequestedPrivately")
        return { claimId: event.args.claimId, order: event.args.order.toObject() };
    }
    throw new Error("no request in this receipt");
  };

  const request = async (part: Partial<Request> = {}, from = requester, inputs = filled(256)) =>
    orderIn(await mined(market.connect(from).request(requestOf(part), inputs)));

  const accepted = async (part: Partial<Request> = {}, from = requester) => {
    const asked = await request(part, from);
    await market.connect(owner).accept(asked.order);
    return asked;
  };

  const outputs = filled(256);
  const descriptions = describeOutput(64);
  const posted = async (part: Partial<Request> = {}, from = requester) => {
    const asked = await accepted(part, from);
    await market.connect(owner).post(asked.order, descriptions, outputs);
    return asked;
  };

  /** Mines the next block at the claim's deadline plus `offset` seconds. */
  const atDeadline = async (claimId: bigint, offset = 0): Promise<void> =>
    networkHelpers.time.setNextBlockTimestamp((await market.claimOf(claimId)).time + BigInt(offset));

  const finalised = async (part: Partial<Request> = {}, from = requester) => {
    const asked = await posted(part, from);
    await atDeadline(asked.claimId);
    await market.finalise(asked.claimId);
    return asked;
  };

  return {
    ...contracts,
    ...{ connection, ethers, networkHelpers, parameters, game, modelId, provider, clocks },
    ...{ deployer, owner, requester, challenger, watcher, stranger, operator },
    ...{ outputs, descriptions, stake, requestOf, mined, orderIn, request, accepted, posted, finalised, atDeadline },
  };
}

export type World = Awaited<ReturnType<typeof makeWorld>>;
