/**
 * One dispute played to its end: both players read the chain, decide, and send; where neither has a move, time passes.
 */
import {
  nextChallengerMove,
  nextProviderMove,
  type Dispute,
  type Game,
  type GameId,
  type Machine,
  type Move,
  type MoveKind,
  type Pause,
  type Published,
} from "@assay/dispute";
import type { Disputes } from "@assay/sdk";
import type { Trace } from "@assay/vm";
import type { Signer, TransactionReceipt } from "ethers";

/** What a side does in the game when it is asked: a move, or the reason for none. */
export type Mind = (dispute: Dispute, game: Game, now: number) => Move | Pause;

/** What a player holds: its trace, and the machine that explains it. */
export interface Evidence {
  readonly trace: Trace;
  readonly machine: Machine;
}

export interface Made {
  readonly by: "provider" | "challenger";
  readonly kind: MoveKind;
  readonly gas: bigint;
  readonly move: Move;
  /** The game before the move. */
  readonly before: Game;
}

export interface Duel {
  readonly disputes: Disputes;
  readonly dispute: Dispute;
  readonly game: GameId;
  readonly signers: { readonly provider: Signer; readonly challenger: Signer };
  readonly minds: { readonly provider: Mind; readonly challenger: Mind };
  /** Moves that every daemon would see; both minds may read it. */
  readonly published: Published;
  now(): Promise<number>;
  sleep(seconds: number): Promise<void>;
  /** Called before each move; a test fixes the time of the next block, which otherwise follows the machine's clock. */
  beforeMove?(): Promise<void>;
  onMove?(made: Made, receipt: TransactionReceipt): void | Promise<void>;
}

export const honestProvider =
  ({ trace, machine }: Evidence): Mind =>
  (dispute, game, now) =>
    nextProviderMove(dispute, game, trace, machine, now);

export const honestChallenger =
  ({ trace, machine }: Evidence, published: Published): Mind =>
  (dispute, game, now) =>
    nextChallengerMove({ dispute, game, honest: trace, machine, published }, now);

/** No dispute needs more moves. */
const MOST_TURNS = 1000;

/** Plays until the game is over; returns the moves made. */
export async function playDuel(duel: Duel): Promise<Made[]> {
  const { disputes, signers, published } = duel;
  const made: Made[] = [];
  let dispute = duel.dispute;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const before = await disputes.read(duel.game);
    if (before.stage === "none") return made;
    const now = await duel.now();
    const step = decide(duel, dispute, before, now);
    if ("until" in step) {
      await duel.sleep(step.until - now + 1);
      continue;
    }
    const { by, move } = step;
    await duel.beforeMove?.();
    const receipt = await disputes.send(move, signers[by]);
    published.learn(move, before, dispute);
    if (by === "challenger" && CONVICTING.has(move.kind)) dispute = { ...dispute, convicted: true };
    const entry: Made = { by, kind: move.kind, gas: receipt.gasUsed, move, before };
    made.push(entry);
    await duel.onMove?.(entry, receipt);
  }
  throw new Error(`the dispute of claim ${dispute.claimId} did not end in ${MOST_TURNS} turns`);
}

/** A challenger's moves that the contract accepts only where the claim is false. */
const CONVICTING: ReadonlySet<MoveKind> = new Set(["prove", "provePadding", "timeout"]);

/** Who moves, and how; or until when both wait. */
function decide(
  { minds }: Duel,
  dispute: Dispute,
  game: Game,
  now: number,
): { by: "provider" | "challenger"; move: Move } | { until: number } {
  const untils: number[] = [];
  for (const by of ["provider", "challenger"] as const) {
    const move = minds[by](dispute, game, now);
    if (move.kind !== "wait") return { by, move };
    untils.push(move.until ?? Infinity);
  }
  const until = Math.min(...untils);
  if (!Number.isFinite(until)) throw new Error(`claim ${dispute.claimId}: nobody has a move, and no clock runs`);
  return { until };
}
