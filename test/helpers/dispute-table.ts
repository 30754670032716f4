/**
 * A table to play disputes at: the game contract over a toy claim holder and a step evaluator, players as addresses, and
 * a ledger of what every move cost. Reads the game as a daemon would: state from views, openings from calldata.
 */
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { claimHash, type Claim } from "../../packages/vm/src/claim.ts";
import { encodeHeader } from "../../packages/vm/src/header.ts";
import type { Run } from "../../packages/vm/src/interpreter.ts";
import { fromHex, keccak, NO_HASH, type Hash } from "../../packages/vm/src/hash.ts";
import { paramsRoot } from "../../packages/vm/src/program.ts";
import { inputsRootOf, packSymbols } from "../../packages/vm/src/request.ts";
import { joinedRoot } from "../../packages/vm/src/tensor.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import {
  argumentsOf,
  demandGas,
  nextChallengerMove,
  nextProviderMove,
  outputPlaces,
  packGameId,
  programMachine,
  shapeDepth,
  Published,
  STAGES,
  unpackClock,
  unpackPosition,
  type Dispute,
  type Game,
  type GameId,
  type Machine,
  type Move,
  type MoveKind,
  type Rules,
} from "../../packages/dispute/src/index.ts";
import { toyHeader, toyMachine, toySeed, toyTrace, type ToySizes } from "../../packages/dispute/src/testing/toy.ts";
import type { DisputeGame, ToyClaimHolder } from "../../packages/protocol/src/generated/index.js";

export interface Chain {
  readonly ethers: HardhatEthers;
  readonly networkHelpers: NetworkHelpers;
}

export const PARAMETERS = {
  arityLog2: 5,
  snapshotsLog2: 6,
  extension: 3600,
  tipCap: 2n * 10n ** 9n,
  priceCap: 30n * 10n ** 9n,
};

export const DAY = 86_400;

export const TERMS = {
  providerBudget: 4 * DAY,
  challengerBudget: DAY,
  traceFee: 10n ** 16n,
  delayFee: 3n * 10n ** 15n,
};

export type Signer = HardhatEthersSigner;

/** A move that was made, and what it cost. */
export interface Made {
  readonly kind: MoveKind;
  readonly by: string;
  readonly gas: bigint;
  /** Gas times price. */
  readonly cost: bigint;
}

/** A claim on the table, and what its provider and an honest challenger know. */
export interface Case {
  readonly dispute: Dispute;
  readonly provider: { readonly trace: Trace; readonly machine: Machine };
  readonly challenger: { readonly trace: Trace; readonly machine: Machine };
}

export interface Table {
  readonly chain: Chain;
  readonly game: DisputeGame;
  readonly holder: ToyClaimHolder;
  readonly operator: Signer;
  readonly challenger: Signer;
  readonly strangers: readonly Signer[];
  readonly made: Made[];
}

/** Deploys a game of its own. */
export async function setTable(
  chain: Chain,
  evaluatorName: "ToyStepEvaluator" | "StepEvaluator" = "ToyStepEvaluator",
  parameters: Partial<typeof PARAMETERS> = {},
): Promise<Table> {
  const { ethers } = chain;
  const [, operator, challenger, ...strangers] = await ethers.getSigners();
  const holder = await ethers.deployContract("ToyClaimHolder");
  const evaluator = await ethers.deployContract(evaluatorName);
  const game = await ethers.deployContract("DisputeGame", [
    await holder.getAddress(),
    await evaluator.getAddress(),
    { ...PARAMETERS, ...parameters },
  ]);
  await holder.setGame(await game.getAddress());
  return { chain, game, holder, operator, challenger, strangers, made: [] };
}

interface Posting {
  readonly claimId?: bigint;
  /** The machine behind the provider's snapshots. */
  readonly machine?: (honest: Machine) => Machine;
  /** What the provider claims instead of the outputs of its trace. */
  readonly outputsRoot?: Hash;
}

type Lie = (honest: Trace) => Trace;

const truth: Lie = (honest) => honest;

/** Posts a toy claim whose provider holds `lie` of the honest trace, and claims its outputs. */
export async function postToy(table: Table, sizes: ToySizes, lie = truth, options: Posting = {}): Promise<Case> {
  const header = toyHeader(sizes);
  const claim = {
    programRoot: keccak(header),
    paramsRoot: NO_HASH,
    inputsRoot: NO_HASH,
    seed: toySeed(sizes),
    symbols: 0n,
    calls: sizes.calls,
  };
  return post(table, header, claim, toyTrace(sizes), lie, () => toyMachine(sizes), options);
}

/** Posts a claim to a run of a program, in the same way. */
export async function postRun(table: Table, honest: Run, lie = truth, options: Posting = {}): Promise<Case> {
  return postTrace(table, new Trace(honest), lie, options);
}

/** Posts a claim to a trace of a program that nothing has run, in the same way. */
export async function postTrace(table: Table, honest: Trace, lie = truth, options: Posting = {}): Promise<Case> {
  const header = encodeHeader(honest.layout.program.header);
  return post(table, header, claimTo(honest), honest, lie, programMachine, options);
}

/** The claim to the outputs of a trace of a program. */
export function claimTo(trace: Trace): Claim {
  const { program, request } = trace.layout;
  const { call, positions } = trace.layout.outputs();
  return {
    programRoot: keccak(encodeHeader(program.header)),
    paramsRoot: paramsRoot(program),
    inputsRoot: inputsRootOf(request.inputs),
    outputsRoot: joinedRoot(positions.map((position) => trace.commitment(call, position))),
    seed: request.seed,
    symbols: packSymbols(request.symbols),
    calls: request.calls,
  };
}

/** The parameters of a game that players need. */
export async function rulesOf(game: DisputeGame): Promise<Rules> {
  return {
    arityLog2: Number(await game.ARITY_LOG2()),
    snapshotsLog2: Number(await game.SNAPSHOTS_LOG2()),
  };
}

async function post(
  table: Table,
  header: Uint8Array,
  fields: Omit<Claim, "outputsRoot">,
  honest: Trace,
  lie: Lie,
  machineOf: (claim: Claim, trace: Trace) => Machine,
  { claimId = 1n, machine = (same) => same, outputsRoot }: Posting,
): Promise<Case> {
  const { chain, holder, operator, game } = table;
  const trace = lie(honest);
  const outputs = outputPlaces(header, fields.calls).map(({ call, position }) => trace.commitment(call, position));
  const claim = { ...fields, outputsRoot: outputsRoot ?? joinedRoot(outputs) };
  const { chainId } = await chain.ethers.provider.getNetwork();
  const hash = claimHash(claim, chainId, fromHex(await holder.getAddress()));
  await holder.setTerms(claimId, { claimHash: hash, operator: operator.address, ...TERMS });
  return {
    dispute: { claimId, claim, header, rules: await rulesOf(game), convicted: false },
    provider: { trace, machine: machine(machineOf(claim, trace)) },
    challenger: { trace: honest, machine: machineOf(claim, honest) },
  };
}

/** The game as it stands. */
export async function readGame(table: Table, id: GameId): Promise<Game> {
  const view = await table.game.viewGame(id);
  const stage = STAGES[Number(view.stage)];
  const demands = stage === "supply" ? await table.game.queryFilter(table.game.filters.Demanded(id)) : [];
  return {
    id,
    stage,
    clock: unpackClock(view.clock),
    position: unpackPosition(view.position),
    pinned: fromHex(view.pinned),
    moves: Number(view.moves),
    depth: shapeDepth(view.shape),
    demand: demands.at(-1)?.args.what,
  };
}

async function valueOf({ game }: Table, move: Move): Promise<bigint> {
  if (move.kind === "demand") return demandGas(move.what) * (await game.PRICE_CAP());
  return move.kind === "challenge" ? move.bond : 0n;
}

/** Sends a move, and writes down what it cost. */
export async function send(table: Table, by: Signer, move: Move): Promise<Made> {
  const value = await valueOf(table, move);
  const contract = table.game.connect(by);
  const sent = await contract.getFunction(move.kind).send(...argumentsOf(move), { value });
  const receipt = (await sent.wait())!;
  const made = { kind: move.kind, by: by.address, gas: receipt.gasUsed, cost: receipt.fee };
  table.made.push(made);
  return made;
}

/** Opens a game on a claim. */
export async function challenge(table: Table, { dispute }: Case, by = table.challenger): Promise<GameId> {
  const { claimId } = dispute;
  const bond = await table.game.bondOf(claimId);
  await send(table, by, { kind: "challenge", claimId, bond });
  const [event] = await table.game.queryFilter(table.game.filters.Challenged(claimId), "latest");
  return event.args.game;
}

/** Wei that games on a claim hold: bonds, and what operators have not collected. */
export async function heldBy(table: Table, claimId: bigint): Promise<bigint> {
  let held = 0n;
  for (let number = 1; number <= 64; number++) {
    const { bond, owed } = await table.game.viewGame(packGameId(claimId, number));
    held += bond + owed;
  }
  return held;
}

/** Whether a claim fell. */
export async function isConvicted(table: Table, claimId: bigint): Promise<boolean> {
  return BigInt(await table.holder.rewarded(claimId)) !== 0n;
}

/** What each side does when it is its turn: a move, or nothing. */
export type Mind = (dispute: Dispute, game: Game, now: number) => Move | undefined;

/** The honest player of the provider's side, over the case's own trace. */
export const providerMind =
  ({ provider }: Case): Mind =>
  (dispute, game, now) => {
    const move = nextProviderMove(dispute, game, provider.trace, provider.machine, now);
    return move.kind === "wait" ? undefined : move;
  };

/** The honest player of the challenger's side; `mostSteps` as in its View. */
export const challengerMind =
  ({ challenger }: Case, published: Published, mostSteps?: number): Mind =>
  (dispute, game, now) => {
    const { trace: honest, machine } = challenger;
    const move = nextChallengerMove({ dispute, game, honest, machine, published, mostSteps }, now);
    return move.kind === "wait" ? undefined : move;
  };

/** Plays one game to its end; where both wait, time passes until a clock runs out. */
export async function play(
  table: Table,
  played: Case,
  id: GameId,
  minds: { provider?: Mind; challenger?: Mind; published?: Published; mostSteps?: number } = {},
): Promise<Game> {
  const { chain } = table;
  const published = minds.published ?? new Published();
  const sides = [
    { by: table.operator, mind: minds.provider ?? providerMind(played) },
    { by: table.challenger, mind: minds.challenger ?? challengerMind(played, published, minds.mostSteps) },
  ];
  for (let turn = 0; turn < 200; turn++) {
    const game = await readGame(table, id);
    if (game.stage === "none") return game;
    const dispute = { ...played.dispute, convicted: await isConvicted(table, played.dispute.claimId) };
    const now = await chain.networkHelpers.time.latest();
    let moved = false;
    for (const { by, mind } of sides) {
      const move = mind(dispute, game, now);
      if (!move) continue;
      await send(table, by, move);
      published.learn(move, game, dispute);
      moved = true;
      break;
    }
    if (!moved) await chain.networkHelpers.time.increase(5 * DAY);
  }
  throw new Error("the game does not end");
}
