/**
 * A table to play disputes at over the real market: everything deployed from a parameter file, a provider with stake, and
 * claims that were asked for, accepted and answered there.
 */
import { deploy, type Connection } from "../../packages/deployment/src/index.ts";
import { programMachine, type Machine } from "../../packages/dispute/src/index.ts";
import { toOrder, type Order, type Parameters } from "../../packages/protocol/src/index.ts";
import { concat } from "../../packages/vm/src/bytes.ts";
import { encodeHeader } from "../../packages/vm/src/header.ts";
import { denseBytes } from "../../packages/vm/src/tensor.ts";
import type { Trace } from "../../packages/vm/src/trace.ts";
import { claimTo, rulesOf, type Case, type Chain, type Table } from "./dispute-table.ts";

export const FEE = 10n ** 18n;
export const STAKE = 100n * FEE;

/** Seconds within which a request is accepted, and answered. */
const SOON = 300;

/** A claim on the market. */
export interface MarketClaim {
  readonly claimId: bigint;
  readonly order: Order;
  readonly played: Case;
}

export async function setMarketTable(connection: Connection & Chain, parameters: Parameters) {
  const { ethers, networkHelpers } = connection;
  const contracts = await deploy(connection, parameters);
  const { token, registry, market, staking, game } = contracts;
  const [, operator, challenger, requester, ...strangers] = await ethers.getSigners();
  for (const person of [operator, challenger, requester]) {
    await token.mint(person.address, STAKE);
    for (const spender of [market, staking])
      await token.connect(person).approve(await spender.getAddress(), 2n ** 256n - 1n);
  }
  await staking.connect(operator).join(100, "");
  await staking.connect(operator).deposit(1, STAKE);

  // The players' table asks the holder one thing, which the market answers too.
  const rewarded = async (claimId: bigint) => BigInt((await market.claimOf(claimId)).challenger);
  const table = {
    ...{ chain: { ethers, networkHelpers }, game, operator, challenger, strangers, made: [] },
    holder: { rewarded },
  } as unknown as Table;
  const clocks = {
    windowSeconds: parameters.market.window.defaultSeconds,
    providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
  };

  /** Registers a program, has it asked, and answered with the outputs of `shown`; `machine` is the provider's. */
  const post = async (
    honest: Trace,
    shown: Trace,
    machine: (own: Machine) => Machine = (own) => own,
  ): Promise<MarketClaim> => {
    const { program, request } = honest.layout;
    const header = encodeHeader(program.header);
    const claim = claimTo(shown);
    const registration = [header, claim.paramsRoot, clocks, "", ethers.ZeroHash] as const;
    const modelId = await registry.register.staticCall(...registration);
    await registry.register(...registration);
    await staking.connect(operator).serve(1, modelId, 5, FEE);
    const asked = {
      ...{ modelId, seed: claim.seed, symbols: claim.symbols, fee: FEE, calls: claim.calls },
      ...{ provider: 0, acceptSeconds: SOON, answerSeconds: SOON, reassignments: 0, salt: 1 },
      ...{ callback: ethers.ZeroAddress, callbackGas: 0, finality: 0 },
    };
    await market.connect(requester).request(asked, concat(...request.inputs.map(denseBytes)));
    const [event] = await market.queryFilter(market.filters.Requested, "latest");
    const { claimId } = event.args;
    const order = toOrder(event.args.order);
    await market.connect(operator).accept(order);
    await market.connect(operator).postRoot(order, claim.outputsRoot, "");
    const played: Case = {
      dispute: { claimId, claim, header, rules: await rulesOf(game), convicted: false },
      provider: { trace: shown, machine: machine(programMachine(claim, shown)) },
      challenger: { trace: honest, machine: programMachine(claim, honest) },
    };
    return { claimId, order, played };
  };

  return { ...contracts, parameters, table, requester, post };
}
