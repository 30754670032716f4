/**
 * The dispute game as a daemon sees it: games read from the contract's views, what providers opened read from the
 * calldata of their moves, moves sent.
 */
import {
  argumentsOf,
  demandGas,
  Published,
  shapeDepth,
  STAGES,
  unpackClock,
  unpackPosition,
  type Dispute,
  type Game,
  type GameId,
  type Move,
  type Rules,
  type SuppliedLeaf,
} from "@assay/dispute";
import type { DisputeGame } from "@assay/protocol";
import { fromHex, type Hash } from "@assay/vm";
import type { Result, Signer, TransactionReceipt } from "ethers";

export class Disputes {
  readonly #contract: DisputeGame;

  /** @param contract The deployed game, connected to a provider. */
  constructor(contract: DisputeGame) {
    this.#contract = contract;
  }

  /** The parameters that the players need. */
  async rules(): Promise<Rules> {
    const numbers = await Promise.all([this.#contract.ARITY_LOG2(), this.#contract.SNAPSHOTS_LOG2()]);
    const [arityLog2, snapshotsLog2] = numbers.map(Number);
    return { arityLog2, snapshotsLog2 };
  }

  /** The game as it stands. */
  async read(id: GameId): Promise<Game> {
    const view = await this.#contract.viewGame(id);
    const stage = STAGES[Number(view.stage)];
    return {
      id,
      stage,
      clock: unpackClock(view.clock),
      position: unpackPosition(view.position),
      pinned: fromHex(view.pinned),
      moves: Number(view.moves),
      depth: shapeDepth(view.shape),
      demand: stage === "supply" ? await this.#demanded(id) : undefined,
    };
  }

  /** What was demanded last in a game. */
  async #demanded(id: GameId): Promise<bigint> {
    const events = await this.#contract.queryFilter(this.#contract.filters.Demanded(id));
    return events.at(-1)!.args.what;
  }

  /** Wei that the next game on a claim asks. */
  async bond(claimId: bigint): Promise<bigint> {
    return this.#contract.bondOf(claimId);
  }

  /** Opens a game on a claim with the bond it asks. */
  async challenge(claimId: bigint, by: Signer): Promise<{ game: GameId; receipt: TransactionReceipt }> {
    const bond = await this.bond(claimId);
    const receipt = await this.send({ kind: "challenge", claimId, bond }, by);
    const events = receipt.logs.map((log) => this.#contract.interface.parseLog(log));
    const challenged = events.find((event) => event?.name === "Challenged");
    return { game: challenged!.args.game as bigint, receipt };
  }

  /** Wei that are sent with a move. */
  async valueOf(move: Move): Promise<bigint> {
    if (move.kind === "demand") return demandGas(move.what) * (await this.#contract.PRICE_CAP());
    return move.kind === "challenge" ? move.bond : 0n;
  }

  /** Sends a move and waits for it. Throws what the contract reverts with. */
  async send(move: Move, by: Signer): Promise<TransactionReceipt> {
    const value = await this.valueOf(move);
    const contract = this.#contract.connect(by) as DisputeGame;
    const sent = await contract.getFunction(move.kind).send(...argumentsOf(move), { value });
    return (await sent.wait())!;
  }

  /**
   * What the provider of a claim has opened so far, over all games on it, read from the chain.
   * @param fromBlock A block not after the claim's first challenge.
   */
  async published(dispute: Dispute, fromBlock = 0): Promise<Published> {
    const { interface: abi } = this.#contract;
    const published = new Published();
    const standing = new Map<GameId, Pick<Game, "position" | "pinned" | "depth">>();
    const logs = await this.#contract.runner!.provider!.getLogs({
      address: await this.#contract.getAddress(),
      fromBlock,
    });
    let relayed: string | undefined;
    for (const log of logs) {
      const event = abi.parseLog(log);
      const id = event?.args.game as GameId | undefined;
      if (event === null || id === undefined || id >> 32n !== dispute.claimId) continue;
      const before = standing.get(id);
      switch (event.name) {
        case "Picked":
        case "Entered": {
          const { position, pinned, shape } = event.args;
          const depth = event.name === "Entered" ? shapeDepth(shape as bigint) : (before?.depth ?? 0);
          standing.set(id, { position: unpackPosition(position as bigint), pinned: fromHex(pinned as string), depth });
          break;
        }
        case "Reduced":
        case "Narrowed":
          standing.set(id, { ...before!, pinned: fromHex(event.args.segment) });
          break;
        case "Relayed":
          relayed = event.args.data as string;
          break;
        case "TraceOpened":
        case "Opened":
        case "BlockOpened":
        case "SnapshotsPublished":
        case "Supplied":
          published.learn(
            this.#openingIn(relayed ?? (await log.getTransaction()).data, event.args.what as bigint | undefined),
            { id, ...before } as Game,
            dispute,
          );
          relayed = undefined;
      }
    }
    return published;
  }

  /** The provider's move in the calldata of a call to the game; `what` was demanded, if it is a supply. */
  #openingIn(data: string, what?: bigint): Move {
    const call = this.#contract.interface.parseTransaction({ data })!;
    const { children, leaves, snapshots, leaf } = call.args;
    const common = { kind: call.name, game: call.args.game, expected: fromHex(call.args.expected ?? "0x") };
    if (children !== undefined) return { ...common, children: hashes(children) } as Move;
    if (leaves !== undefined) return { ...common, leaves: fromHex(leaves) } as Move;
    if (leaf !== undefined) return { ...common, what, leaf: suppliedLeaf(leaf) } as Move;
    return { ...common, snapshots: fromHex(snapshots) } as Move;
  }
}

const hashes = (list: string[]): Hash[] => Array.from(list, fromHex);

/** The leaf of a supply, from its calldata. */
function suppliedLeaf({ description, root, leaf, path, rest }: Result): SuppliedLeaf {
  return { description, root: fromHex(root), leaf: fromHex(leaf), path: hashes(path), rest: hashes(rest) };
}
