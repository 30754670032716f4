/**
 * The chain side of the comparison between simulator and contracts: plays what happened in a simulation as transactions,
 * second for second, and reads every balance at the end. One deployment serves all scenarios; each starts from the same
 * snapshot. Disputes are played by the real players over three toy models.
 */
import { AbiCoder, type Interface, keccak256, toBeHex } from "ethers";
import { network } from "hardhat";
import { deployMarket, gameParameters } from "../../packages/deployment/src/index.ts";
import {
  argumentsOf,
  blockOf,
  DEMAND_KINDS,
  nextChallengerMove,
  nextProviderMove,
  packDemand,
  proveCommitted,
  Published,
  shapeDepth,
  STAGES,
  unpackClock,
  unpackPosition,
  type Dispute,
  type Game,
  type Move,
} from "../../packages/dispute/src/index.ts";
import type { IInferenceMarket, Parameters } from "../../packages/protocol/src/index.ts";
import { BOND } from "../../packages/simulator/src/gas.ts";
import type { Happening } from "../../packages/simulator/src/kernel/journal.ts";
import type { Simulation } from "../../packages/simulator/src/kernel/simulation.ts";
import { gasOf } from "../../packages/simulator/src/rules.ts";
import { fromHex, keccak, NO_HASH } from "../../packages/vm/src/hash.ts";
import { TOY_CLAIMS, type ToyClaim } from "./toyClaims.ts";

/** Wei per gas of every transaction: whole gwei, so that the simulation's floats are exact. */
export const GAS_PRICE = 10n ** 9n;

/** Most people of each kind a scenario may have. */
export const MOST = { providers: 4, challengers: 6, requesters: 5 } as const;

const CALLBACK_GAS = 200_000;

/** What griefers demand: a leaf, whose supply is credited a constant (a record's is measured), of each kind in turn. */
const LEAVES = DEMAND_KINDS.filter((kind) => kind !== "record");
const DEMANDED = { call: 0, node: 0, leaf: 0 } as const;

const GAS_LIMIT = 8_000_000n;
const ACCEPT_SECONDS = 60;
const TOKENS = 10n ** 15n;

type Order = IInferenceMarket.OrderStruct;

/** Every balance at the end, by person, in units and wei. */
export interface Balances {
  readonly requesters: bigint[];
  readonly challengers: bigint[];
  readonly challengersWei: bigint[];
  readonly stakes: bigint[];
  readonly locked: bigint[];
  readonly earnings: bigint[];
  readonly providersWei: bigint[];
  readonly treasury: bigint;
  readonly burned: bigint;
  readonly burnedWei: bigint;
  /** What the contracts still hold for nobody: must be zero. */
  readonly escrow: bigint;
  readonly bondsWei: bigint;
}

/** The same from a finished simulation. */
export function balancesOf(sim: Simulation): Balances {
  const whole = (values: ArrayLike<number>) => Array.from(values, BigInt);
  return {
    requesters: whole(sim.requesters.balance),
    challengers: whole(sim.watchers.balance),
    challengersWei: whole(sim.watchers.wei),
    stakes: whole(sim.providers.stake),
    locked: whole(sim.providers.locked),
    earnings: whole(sim.providers.balance),
    providersWei: whole(sim.providers.wei),
    treasury: BigInt(sim.money.treasury),
    burned: BigInt(sim.money.burned),
    burnedWei: BigInt(sim.money.burnedWei),
    escrow: BigInt(sim.money.escrow),
    bondsWei: 0n,
  };
}

/** What a scenario must say of a toy claim's disputes (`scenario.game`). */
export interface PathOfClaim {
  readonly lists: number;
  readonly blocks: number;
  readonly publications: number;
  readonly answerGas: number[];
}

/** Gas credited for a provider's move, by the data it carries (DisputeGame). */
function creditOf(move: Move): number {
  switch (move.kind) {
    case "openTrace": {
      const hashes = move.paths.reduce((sum, path) => sum + path.length, move.children.length + move.outputs.length);
      return gasOf(BOND.OPEN_TRACE, move.header.length + 32 * hashes);
    }
    case "open":
      return gasOf(BOND.OPEN, 32 * move.children.length);
    case "openBlock":
      return gasOf(BOND.OPEN_BLOCK, move.leaves.length);
    case "publish":
      return gasOf(BOND.PUBLISH, move.snapshots.length);
    default:
      throw new Error(`${move.kind} is not credited by its data`);
  }
}

/** Deploys market, game and toy evaluator once, with the first account as the guardian. */
export async function makeSimulatedChain(given: Parameters) {
  const connection = await network.create({ override: { allowBlocksWithSameTimestamp: true } });
  const { ethers, networkHelpers } = connection;
  const rpc = (method: string, params: unknown[] = []) => ethers.provider.send(method, params) as Promise<unknown>;
  const signers = (await ethers.getSigners()).map(({ address }) => address);
  const [deployer, ...people] = signers;
  const parameters = { ...given, market: { ...given.market, guardian: deployer } };
  const { token, registry, market, staking } = await deployMarket(connection, parameters);
  const evaluator = await ethers.deployContract("ToyStepEvaluator");
  const marketAddress = await market.getAddress();
  const game = await ethers.deployContract("DisputeGame", [
    marketAddress,
    await evaluator.getAddress(),
    gameParameters(parameters),
  ]);
  await market.nameGame(await game.getAddress());
  const addresses = {
    token: await token.getAddress(),
    market: marketAddress,
    staking: await staking.getAddress(),
    game: await game.getAddress(),
  };
  const { chainId } = await ethers.provider.getNetwork();

  const take = (count: number) => people.splice(0, count);
  const providers = take(MOST.providers);
  const puppets = take(MOST.providers);
  const challengers = take(MOST.challengers);
  const requesters = take(MOST.requesters);

  const clocks = {
    windowSeconds: parameters.market.window.defaultSeconds,
    providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
  };
  const modelIds: string[] = [];
  for (const { header } of TOY_CLAIMS) {
    const registration = [header, NO_HASH, clocks, "", ethers.ZeroHash] as const;
    modelIds.push(await registry.register.staticCall(...registration));
    await registry.register(...registration);
  }
  // One consumer takes its answer, one reverts: neither changes what anybody is paid.
  const consumers = [
    await (await ethers.deployContract("RecordingConsumer", [marketAddress])).getAddress(),
    await (await ethers.deployContract("BadConsumer", [0])).getAddress(),
  ];
  for (const account of [...providers, ...requesters]) {
    const signer = await ethers.getSigner(account);
    await token.mint(account, TOKENS);
    for (const spender of [addresses.market, addresses.staking])
      await token.connect(signer).approve(spender, 2n ** 256n - 1n);
  }
  for (const [i, account] of providers.entries()) {
    const own = staking.connect(await ethers.getSigner(account));
    await own.join(clocks.providerBudgetSeconds / 4, "");
    for (const modelId of modelIds) await own.serve(i + 1, modelId, 1, 1);
  }

  const rules = {
    arityLog2: parameters.game.arityLog2,
    snapshotsLog2: parameters.game.snapshotsLog2,
  };

  const askedOf = (toy: ToyClaim, fee: bigint, salt: number, callback: string) => ({
    modelId: modelIds[TOY_CLAIMS.indexOf(toy)],
    seed: toy.seed,
    symbols: 0n,
    fee,
    calls: toy.sizes.calls,
    provider: 0,
    acceptSeconds: ACCEPT_SECONDS,
    answerSeconds: parameters.market.greatestAnswerSeconds,
    reassignments: parameters.market.maxReassignments,
    callback,
    callbackGas: callback === ethers.ZeroAddress ? 0 : CALLBACK_GAS,
    finality: 0,
    salt: BigInt(salt),
  });

  /** The claim that a transaction requested. */
  async function requestedIn(hash: string): Promise<{ claimId: bigint; order: Order }> {
    const { logs } = (await ethers.provider.getTransactionReceipt(hash))!;
    const { args } = logs.map((log) => market.interface.parseLog(log)).find((event) => event?.name === "Requested")!;
    return { claimId: args.claimId, order: args.order.toObject(true) };
  }

  const disputeOf = (toy: ToyClaim, claim: { claimId: bigint; order: Order; wrong: number }): Dispute => ({
    claimId: claim.claimId,
    claim: {
      programRoot: keccak(toy.header),
      paramsRoot: NO_HASH,
      inputsRoot: fromHex(String(claim.order.inputsRoot)),
      outputsRoot: toy.outputsRoots[claim.wrong],
      seed: toy.seed,
      symbols: 0n,
      calls: toy.sizes.calls,
    },
    header: toy.header,
    rules,
    convicted: false,
  });

  async function stateOf(id: bigint, demand?: bigint): Promise<Game> {
    const view = await game.viewGame(id);
    return {
      id,
      stage: STAGES[Number(view.stage)],
      clock: unpackClock(view.clock),
      position: unpackPosition(view.position),
      pinned: fromHex(view.pinned),
      moves: Number(view.moves),
      depth: shapeDepth(view.shape),
      ...(demand === undefined ? {} : { demand }),
    };
  }

  const clean0 = await rpc("evm_snapshot");
  const paths = new Map<ToyClaim, PathOfClaim>();
  for (const toy of TOY_CLAIMS) paths.set(toy, await descend(toy));
  await rpc("evm_revert", [clean0]);
  let clean = await rpc("evm_snapshot");

  /** Plays one dispute over a toy claim to its end, and says what the provider was asked for and credited. */
  async function descend(toy: ToyClaim): Promise<PathOfClaim> {
    const [provider, challenger, requester] = await Promise.all(
      [providers[0], challengers[0], requesters[0]].map((account) => ethers.getSigner(account)),
    );
    await staking.connect(provider).deposit(1, TOKENS / 10n);
    const asked = askedOf(toy, BigInt(parameters.market.leastFeeUnits), 0, ethers.ZeroAddress);
    const { hash } = await market.connect(requester).request(asked, "0x");
    const claim = { ...(await requestedIn(hash)), wrong: 1 };
    await market.connect(provider).accept(claim.order);
    await market.connect(provider).postRoot(claim.order, toy.outputsRoots[1], "");
    await game.connect(challenger).challenge(claim.claimId, { value: await game.bondOf(claim.claimId) });
    const id = (claim.claimId << 32n) | 1n;
    const dispute = disputeOf(toy, claim);
    const published = new Published();
    const answers: Move[] = [];
    let entered = 0;
    for (;;) {
      const state = await stateOf(id);
      let move = nextProviderMove(dispute, state, toy.traces[1], toy.machines[1], 0);
      const answering = move.kind !== "wait";
      if (!answering)
        move = nextChallengerMove({ dispute, game: state, honest: toy.honest, machine: toy.machine, published }, 0);
      if (move.kind === "wait") throw new Error(`${toy.name}: nobody moves at ${state.stage}`);
      if (move.kind === "enter") entered = answers.length;
      const by = answering ? provider : challenger;
      await by.sendTransaction({
        to: addresses.game,
        data: (game.interface as Interface).encodeFunctionData(move.kind, argumentsOf(move)),
        gasLimit: GAS_LIMIT,
      });
      if (move.kind === "prove") break;
      published.learn(move, state, dispute);
      if (answering) answers.push(move);
    }
    const block = answers.findIndex(({ kind }) => kind === "openBlock");
    return {
      lists: entered - 1,
      blocks: block - entered,
      publications: answers.length - 1 - block,
      answerGas: answers.map(creditOf),
    };
  }

  /** Plays the happenings of a finished simulation over a toy claim's model, and reads the balances it leaves. */
  async function play(sim: Simulation, happenings: readonly Happening[], toy: ToyClaim) {
    await rpc("evm_revert", [clean]);
    clean = await rpc("evm_snapshot");
    const stakes = Array.from({ length: sim.providers.count }, () => BigInt(sim.money.deposited / sim.providers.count));
    for (const [i, stake] of stakes.entries())
      await staking.connect(await ethers.getSigner(providers[i])).deposit(i + 1, stake);

    const begin = (await networkHelpers.time.latest()) + 10;
    const bonds = new Map<string, bigint>();
    let transactions = 0;
    const moves = new Set<string>();
    let now = 0;

    const at = async (second: number) => {
      now = begin + second;
      await rpc("evm_setNextBlockTimestamp", [now]);
    };
    const send = async (from: string, to: string, data: string, value = 0n): Promise<string> => {
      transactions++;
      return (await rpc("eth_sendTransaction", [
        { from, to, data, value: toBeHex(value), gas: toBeHex(GAS_LIMIT), gasPrice: toBeHex(GAS_PRICE) },
      ])) as string;
    };
    const encode = (contract: { interface: unknown }, name: string, args: unknown[]) =>
      (contract.interface as Interface).encodeFunctionData(name, args);
    const onMarket = (name: string, args: unknown[]) => encode(market, name, args);
    const onGame = (name: string, args: unknown[]) => encode(game, name, args);

    interface Claimed {
      readonly claimId: bigint;
      readonly order: Order;
      provider: number;
      wrong: number;
      games: number;
      readonly published: Published;
    }
    interface Played {
      readonly id: bigint;
      readonly challenger: string;
      /** What was demanded last, and how often. */
      demand?: bigint;
      demands: number;
    }
    const commitments = new Map<number, Uint8Array>();
    const claims = new Map<number, Claimed>();
    const games = new Map<number, Played>();
    const waiting = new Set<Claimed>();

    const make = async (claim: Claimed, played: Played, by: "provider" | "challenger", expected: Move["kind"]) => {
      const dispute = disputeOf(toy, claim);
      const state = await stateOf(played.id, played.demand);
      const move =
        by === "provider"
          ? nextProviderMove(dispute, state, toy.traces[claim.wrong], toy.machines[claim.wrong], now)
          : nextChallengerMove(
              { dispute, game: state, honest: toy.honest, machine: toy.machine, published: claim.published },
              now,
            );
      if (move.kind !== expected)
        throw new Error(
          `${toy.name}: the ${by}'s player would ${move.kind}${move.kind === "wait" ? ` (${move.reason})` : ""} at ` +
            `${state.stage}, the simulation has it ${expected}`,
        );
      const from = by === "provider" ? providers[claim.provider] : played.challenger;
      await send(from, addresses.game, onGame(move.kind, argumentsOf(move as Move)));
      claim.published.learn(move as Move, state, dispute);
    };

    for (const { at: second, kind, claim: place, game: gamePlace, who, value } of happenings) {
      const claim = claims.get(place)!;
      const played = games.get(gamePlace)!;
      await at(second);
      moves.add(kind);
      switch (kind) {
        case "request":
        case "requestWithCallback": {
          const callback = kind === "requestWithCallback" ? consumers[transactions % 2] : ethers.ZeroAddress;
          const asked = askedOf(toy, BigInt(value), transactions, callback);
          const hash = await send(requesters[who], addresses.market, onMarket("request", [asked, "0x"]));
          const opened = await requestedIn(hash);
          claims.set(place, { ...opened, provider: -1, wrong: 0, games: 0, published: new Published() });
          break;
        }
        case "accept":
          claim.provider = who;
          waiting.delete(claim);
          await send(providers[who], addresses.market, onMarket("accept", [claim.order]));
          break;
        case "post":
          claim.wrong = value;
          await send(
            providers[who],
            addresses.market,
            onMarket("postRoot", [claim.order, toy.outputsRoots[value], ""]),
          );
          break;
        case "expire":
          waiting.add(claim);
          await send(deployer, addresses.market, onMarket("expire", [claim.order]));
          break;
        case "finalise":
          await send(deployer, addresses.market, onMarket("finalise", [claim.claimId]));
          break;
        case "finaliseAndCall": {
          const data = [claim.order, toy.outputsRoots[claim.wrong], "0x", "0x"];
          await send(deployer, addresses.market, onMarket("finaliseAndCall", data));
          break;
        }
        case "challenge": {
          const challenger = who < 0 ? puppets[claim.provider] : challengers[who];
          const bond = await game.bondOf(claim.claimId);
          bonds.set(challenger, (bonds.get(challenger) ?? 0n) + bond);
          games.set(gamePlace, { id: (claim.claimId << 32n) | BigInt(++claim.games), challenger, demands: 0 });
          await send(challenger, addresses.game, onGame("challenge", [claim.claimId]), bond);
          break;
        }
        case "openTrace":
        case "open":
        case "openBlock":
        case "publish":
        case "supply":
          await make(claim, played, "provider", kind);
          break;
        case "pick":
        case "enter":
        case "reduce":
        case "narrow":
        case "prove":
          await make(claim, played, "challenger", kind);
          break;
        case "demand": {
          const { pinned } = await stateOf(played.id, played.demand);
          const what = packDemand({ ...DEMANDED, kind: LEAVES[played.demands++ % LEAVES.length] });
          const bond = BigInt(sim.rules.demandBondWei);
          bonds.set(played.challenger, (bonds.get(played.challenger) ?? 0n) + bond);
          const move: Move = { kind: "demand", game: played.id, expected: pinned, what };
          await send(played.challenger, addresses.game, onGame("demand", argumentsOf(move)), bond);
          played.demand = what;
          break;
        }
        case "commit": {
          const sender = challengers[who];
          const place = blockOf(toy.machine, toy.place);
          const salt = keccak(new TextEncoder().encode(`${gamePlace} ${second}`));
          const commitment = await game.commitmentOf(sender, claim.claimId, place, salt);
          commitments.set(gamePlace, salt);
          await send(sender, addresses.game, onGame("commit", [commitment]));
          break;
        }
        case "proveCommitted": {
          const salt = commitments.get(gamePlace)!;
          const move = proveCommitted(disputeOf(toy, claim), toy.traces[claim.wrong], toy.machine, toy.place, salt);
          await send(challengers[who], addresses.game, onGame("proveCommitted", argumentsOf(move)));
          break;
        }
        case "providerSilent":
          await send(played.challenger, addresses.game, onGame("timeout", [played.id]));
          break;
        case "challengerSilent":
          await send(providers[claim.provider], addresses.game, onGame("timeout", [played.id]));
          break;
        case "refund":
          await send(deployer, addresses.market, onMarket("refund", [claim.order]));
          break;
        case "reclaim":
          await send(played.challenger, addresses.game, onGame("reclaim", [played.id]));
          break;
        case "freeze":
          await send(deployer, addresses.market, onMarket("freezeReward", [claim.claimId]));
          break;
        case "payReward":
          await send(deployer, addresses.market, onMarket("payReward", [claim.claimId]));
          break;
      }
    }
    // What nobody took in time goes back, what is burned is burned.
    await at(happenings.at(-1)!.at + ACCEPT_SECONDS + sim.rules.answerSeconds);
    for (const claim of waiting) {
      const { status } = await market.claimOf(claim.claimId);
      if (status === 1n) await send(deployer, addresses.market, onMarket("expire", [claim.order]));
    }
    for (let i = 0; i < sim.providers.count; i++)
      await send(providers[i], addresses.market, onMarket("withdrawEarnings", [i + 1]));
    await send(deployer, addresses.market, onMarket("burn", []));
    await send(deployer, addresses.staking, staking.interface.encodeFunctionData("collect"));

    const credit = async (account: string) => BigInt(await market.credits(account));
    const wei = async (account: string) => BigInt(await game.credits(account)) - (bonds.get(account) ?? 0n);
    const all = <T>(list: readonly string[], count: number, read: (account: string, i: number) => Promise<T>) =>
      Promise.all(list.slice(0, count).map(read));
    const everyChallenger = sim.watchers.count + sim.watchers.auditors;
    const positions = await all(providers, sim.providers.count, (_, i) => staking.providerAt(i + 1));
    const balances: Balances = {
      requesters: await all(
        requesters,
        sim.requesters.count,
        async (a) => (await token.balanceOf(a)) - TOKENS + (await credit(a)),
      ),
      challengers: await all(challengers, everyChallenger, credit),
      challengersWei: await all(challengers, everyChallenger, wei),
      stakes: positions.map(({ stake }) => stake),
      locked: positions.map(({ locked }) => locked),
      earnings: await all(providers, sim.providers.count, async (account, i) => {
        const held = (await token.balanceOf(account)) - TOKENS + stakes[i];
        return held + (await credit(account)) + (await credit(puppets[i]));
      }),
      providersWei: await all(providers, sim.providers.count, async (a, i) => (await wei(a)) + (await wei(puppets[i]))),
      treasury: await credit(deployer),
      burned: await token.balanceOf("0x000000000000000000000000000000000000dEaD"),
      burnedWei: await ethers.provider.getBalance(ethers.ZeroAddress),
      escrow: 0n,
      bondsWei: 0n,
    };
    const owed = (await Promise.all(signers.map(credit))).reduce((sum, x) => sum + x, 0n);
    const escrow = (await token.balanceOf(addresses.market)) - owed;
    const credits = await Promise.all(signers.map((account) => game.credits(account)));
    const bondsWei = (await ethers.provider.getBalance(addresses.game)) - credits.reduce((sum, x) => sum + x, 0n);
    return { balances: { ...balances, escrow, bondsWei }, transactions, moves };
  }

  return { play, pathOf: (toy: ToyClaim) => paths.get(toy)!, chainId, close: () => connection.close() };
}

/** A digest of what happened, to tell scenarios apart. */
export function storyOf(happenings: readonly Happening[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["string"], [JSON.stringify(happenings)]));
}
