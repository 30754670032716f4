/**
 * The chain side of the comparison between simulator and contracts: plays what happened in a simulation as transactions,
 * second for second, and reads every balance at the end. One deployment serves all scenarios; each starts from the same
 * snapshot. Disputes are played by the real players over the toy machine's smallest program, one tensor of one leaf.
 */
import { AbiCoder, type Interface, keccak256, toBeHex } from "ethers";
import { network } from "hardhat";
import { deployMarket, gameParameters } from "../../packages/deployment/src/index.ts";
import {
  argumentsOf,
  nextChallengerMove,
  nextProviderMove,
  outputPlaces,
  Published,
  shapeDepth,
  STAGES,
  unpackClock,
  unpackPosition,
  type Dispute,
  type Game,
  type Move,
} from "../../packages/dispute/src/index.ts";
import { toyHeader, toyMachine, toySeed, toyTrace, type ToySizes } from "../../packages/dispute/src/testing/toy.ts";
import type { IInferenceMarket, Parameters } from "../../packages/protocol/src/index.ts";
import { BOND } from "../../packages/simulator/src/bondGas.ts";
import type { Happening, Simulation } from "../../packages/simulator/src/kernel/simulation.ts";
import { gasOf } from "../../packages/simulator/src/rules.ts";
import { fromHex, keccak, NO_HASH } from "../../packages/vm/src/hash.ts";
import { joinedRoot } from "../../packages/vm/src/tensor.ts";
import type { Trace } from "../../packages/vm/src/trace.ts";

const SIZES: ToySizes = { prompt: 1, decode: 0, epilogue: 0, calls: 1, count: 5, extent: 0, outputs: [0] };

/** The picks and answers of a dispute over the smallest program, for the simulation of the same. */
export const ROUNDS = 1;

/** Gas credited for the answers: the trace with one child and one output, and a block of one leaf. */
export const ANSWER_GAS = [gasOf(BOND.OPEN_TRACE, toyHeader(SIZES).length + 32 * 2), gasOf(BOND.OPEN_BLOCK, 128)];

/** Wei per gas of every transaction: whole gwei, so that the simulation's floats are exact. */
export const GAS_PRICE = 10n ** 9n;

/** Most people of each kind a scenario may have. */
export const MOST = { providers: 4, challengers: 6, requesters: 5 } as const;

const GAS_LIMIT = 5_000_000n;
const ACCEPT_SECONDS = 60;
const TOKENS = 10n ** 15n;

type Order = IInferenceMarket.OrderStruct;

/** Bytes of one wrong output: the first element changed. */
function lie(honest: Trace): Trace {
  const leaf = honest.leaf(0, 0, 0);
  leaf[0] ^= 1;
  return honest.withLeaf(0, 0, 0, leaf);
}

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
    requesters: whole(sim.requesterBalance),
    challengers: whole(sim.watcherBalance),
    challengersWei: whole(sim.watcherWei),
    stakes: whole(sim.providerStake),
    locked: whole(sim.providerLocked),
    earnings: whole(sim.providerBalance),
    providersWei: whole(sim.providerWei),
    treasury: BigInt(sim.treasury),
    burned: BigInt(sim.burned),
    burnedWei: BigInt(sim.burnedWei),
    escrow: BigInt(sim.escrow),
    bondsWei: 0n,
  };
}

/** Deploys market, game and toy evaluator once. */
export async function makeSimulatedChain(parameters: Parameters) {
  const connection = await network.create({ override: { allowBlocksWithSameTimestamp: true } });
  const { ethers, networkHelpers } = connection;
  const rpc = (method: string, params: unknown[] = []) => ethers.provider.send(method, params) as Promise<unknown>;
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

  const signers = (await ethers.getSigners()).map(({ address }) => address);
  const [deployer, ...people] = signers;
  const take = (count: number) => people.splice(0, count);
  const providers = take(MOST.providers);
  const puppets = take(MOST.providers);
  const challengers = take(MOST.challengers);
  const requesters = take(MOST.requesters);

  const header = toyHeader(SIZES);
  const clocks = {
    windowSeconds: parameters.market.window.defaultSeconds,
    providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
  };
  const registration = [header, NO_HASH, clocks, "", ethers.ZeroHash] as const;
  const modelId = await registry.register.staticCall(...registration);
  await registry.register(...registration);
  for (const account of [...providers, ...requesters]) {
    const signer = await ethers.getSigner(account);
    await token.mint(account, TOKENS);
    for (const spender of [addresses.market, addresses.staking])
      await token.connect(signer).approve(spender, 2n ** 256n - 1n);
  }
  for (const [i, account] of providers.entries()) {
    const own = staking.connect(await ethers.getSigner(account));
    await own.join(clocks.providerBudgetSeconds / 4, "");
    await own.serve(i + 1, modelId, 1, 1);
  }

  const honest = toyTrace(SIZES);
  const traces = [honest, lie(honest)];
  const machine = toyMachine(SIZES);
  const outputsRoots = traces.map((trace) =>
    joinedRoot(outputPlaces(header, SIZES.calls).map(({ call, position }) => trace.commitment(call, position))),
  );
  const rules = {
    arityLog2: parameters.game.arityLog2,
    snapshotsLog2: parameters.game.snapshotsLog2,
    shortSteps: parameters.game.shortSteps,
  };

  let clean = await rpc("evm_snapshot");

  /** Plays the happenings of a finished simulation and reads the balances it leaves. */
  async function play(sim: Simulation, happenings: readonly Happening[]) {
    await rpc("evm_revert", [clean]);
    clean = await rpc("evm_snapshot");
    const stakes = Array.from({ length: sim.providers }, () => BigInt(sim.deposited / sim.providers));
    for (const [i, stake] of stakes.entries())
      await staking.connect(await ethers.getSigner(providers[i])).deposit(i + 1, stake);

    const begin = (await networkHelpers.time.latest()) + 10;
    const bonds = new Map<string, bigint>();
    let transactions = 0;
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
    }
    const claims = new Map<number, Claimed>();
    const games = new Map<number, Played>();
    const waiting = new Set<Claimed>();
    const convicted: Claimed[] = [];

    const disputeOf = (claim: Claimed): Dispute => ({
      claimId: claim.claimId,
      claim: {
        programRoot: keccak(header),
        paramsRoot: NO_HASH,
        inputsRoot: fromHex(String(claim.order.inputsRoot)),
        outputsRoot: outputsRoots[claim.wrong],
        seed: toySeed(SIZES),
        symbols: 0n,
        calls: SIZES.calls,
      },
      header,
      rules,
      convicted: false,
    });
    const stateOf = async (id: bigint): Promise<Game> => {
      const view = await game.viewGame(id);
      return {
        id,
        stage: STAGES[Number(view.stage)],
        clock: unpackClock(view.clock),
        position: unpackPosition(view.position),
        pinned: fromHex(view.pinned),
        depth: shapeDepth(view.shape),
      };
    };
    const make = async (
      claim: Claimed,
      played: Played,
      by: "provider" | "challenger",
      expected: readonly Move["kind"][],
    ) => {
      const dispute = disputeOf(claim);
      const state = await stateOf(played.id);
      const move =
        by === "provider"
          ? nextProviderMove(dispute, state, traces[claim.wrong], machine, now)
          : nextChallengerMove(dispute, state, honest, machine, claim.published, now);
      if (!expected.includes(move.kind as Move["kind"]))
        throw new Error(
          `the ${by}'s player would ${move.kind}${move.kind === "wait" ? ` (${move.reason})` : ""} at ${state.stage}, the simulation has it ${expected.join(" or ")}`,
        );
      const from = by === "provider" ? providers[claim.provider] : played.challenger;
      await send(from, addresses.game, onGame(move.kind, argumentsOf(move as Move)));
      claim.published.learn(move as Move, state, dispute);
    };

    for (const { at: second, kind, claim: place, game: gamePlace, who, value } of happenings) {
      const claim = claims.get(place)!;
      const played = games.get(gamePlace)!;
      await at(second);
      switch (kind) {
        case "request": {
          const asked = {
            modelId,
            seed: toySeed(SIZES),
            symbols: 0n,
            fee: BigInt(value),
            calls: SIZES.calls,
            provider: 0,
            acceptSeconds: ACCEPT_SECONDS,
            answerSeconds: sim.rules.answerSeconds,
            reassignments: sim.rules.maxReassignments,
            callback: ethers.ZeroAddress,
            callbackGas: 0,
            finality: 0,
            salt: BigInt(transactions),
          };
          const hash = await send(requesters[who], addresses.market, onMarket("request", [asked, "0x"]));
          const receipt = (await ethers.provider.getTransactionReceipt(hash))!;
          const events = receipt.logs.map((log) => market.interface.parseLog(log));
          const { args } = events.find((event) => event?.name === "Requested")!;
          claims.set(place, {
            claimId: args.claimId,
            order: args.order.toObject(true),
            provider: -1,
            wrong: 0,
            games: 0,
            published: new Published(),
          });
          break;
        }
        case "accept":
          claim.provider = who;
          waiting.delete(claim);
          await send(providers[who], addresses.market, onMarket("accept", [claim.order]));
          break;
        case "post":
          claim.wrong = value;
          await send(providers[who], addresses.market, onMarket("postRoot", [claim.order, outputsRoots[value], ""]));
          break;
        case "expire":
          waiting.add(claim);
          await send(deployer, addresses.market, onMarket("expire", [claim.order]));
          break;
        case "finalise":
          await send(deployer, addresses.market, onMarket("finalise", [claim.claimId]));
          break;
        case "challenge": {
          const challenger = who < 0 ? puppets[claim.provider] : challengers[who];
          const bond = await game.bondOf(claim.claimId);
          bonds.set(challenger, (bonds.get(challenger) ?? 0n) + bond);
          games.set(gamePlace, { id: (claim.claimId << 32n) | BigInt(++claim.games), challenger });
          await send(challenger, addresses.game, onGame("challenge", [claim.claimId]), bond);
          break;
        }
        case "openTrace":
          await make(claim, played, "provider", ["openTrace"]);
          break;
        case "answer":
          await make(claim, played, "provider", ["openBlock"]);
          break;
        case "pick":
          await make(claim, played, "challenger", ["enter"]);
          break;
        case "prove":
          await make(claim, played, "challenger", ["prove"]);
          break;
        case "providerSilent":
          await send(played.challenger, addresses.game, onGame("timeout", [played.id]));
          break;
        case "challengerSilent":
          await send(providers[claim.provider], addresses.game, onGame("timeout", [played.id]));
          break;
        case "refund":
          convicted.push(claim);
          await send(deployer, addresses.market, onMarket("refund", [claim.order]));
          break;
        case "reclaim":
          await send(played.challenger, addresses.game, onGame("reclaim", [played.id]));
          break;
      }
    }
    // What nobody took in time goes back, rewards are released, what is burned is burned.
    const last =
      happenings.at(-1)!.at + ACCEPT_SECONDS + sim.rules.answerSeconds + parameters.market.rewardDelaySeconds;
    await at(last);
    for (const claim of waiting) {
      const { status } = await market.claimOf(claim.claimId);
      if (status === 1n) await send(deployer, addresses.market, onMarket("expire", [claim.order]));
    }
    for (const { claimId } of convicted) await send(deployer, addresses.market, onMarket("payReward", [claimId]));
    for (let i = 0; i < sim.providers; i++)
      await send(providers[i], addresses.market, onMarket("withdrawEarnings", [i + 1]));
    await send(deployer, addresses.market, onMarket("burn", []));
    await send(deployer, addresses.staking, staking.interface.encodeFunctionData("collect"));

    const credit = async (account: string) => BigInt(await market.credits(account));
    const wei = async (account: string) => BigInt(await game.credits(account)) - (bonds.get(account) ?? 0n);
    const all = <T>(list: readonly string[], count: number, read: (account: string, i: number) => Promise<T>) =>
      Promise.all(list.slice(0, count).map(read));
    const positions = await all(providers, sim.providers, (_, i) => staking.providerAt(i + 1));
    const balances: Balances = {
      requesters: await all(
        requesters,
        sim.requesters,
        async (a) => (await token.balanceOf(a)) - TOKENS + (await credit(a)),
      ),
      challengers: await all(challengers, sim.watchers + sim.auditors, credit),
      challengersWei: await all(challengers, sim.watchers + sim.auditors, wei),
      stakes: positions.map(({ stake }) => stake),
      locked: positions.map(({ locked }) => locked),
      earnings: await all(providers, sim.providers, async (account, i) => {
        const held = (await token.balanceOf(account)) - TOKENS + stakes[i];
        return held + (await credit(account)) + (await credit(puppets[i]));
      }),
      providersWei: await all(providers, sim.providers, async (a, i) => (await wei(a)) + (await wei(puppets[i]))),
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
    return { balances: { ...balances, escrow, bondsWei }, transactions };
  }

  return { play, chainId, close: () => connection.close() };
}

/** A digest of what happened, to tell scenarios apart. */
export function storyOf(happenings: readonly Happening[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["string"], [JSON.stringify(happenings)]));
}
