/**
 * One dispute played to its end: both players read the chain, decide, and send; where neither has a move, time passes.
 * The challenger may play several games side by side; the provider answers in each.
 */
import {
  nextCampaignMove,
  nextProviderMove,
  type Campaign,
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

/** What the provider does in a game when it is asked: a move, or the reason for none. */
export type Mind = (dispute: Dispute, game: Game, now: number) => Move | Pause;

/** What the challenger does about the claim. */
export type Strategy = (campaign: Campaign, now: number) => Move | Pause;

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
  /** The game before the move; of a challenge, the first one. */
  readonly before: Game;
}

export interface Duel {
  readonly disputes: Disputes;
  readonly dispute: Dispute;
  /** The challenger's first game. */
  readonly game: GameId;
  readonly signers: { readonly provider: Signer; readonly challenger: Signer };
  readonly minds: { readonly provider: Mind; readonly challenger: Strategy };
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
  ({ trace, machine }: Evidence, published: Published): Strategy =>
  (campaign, now) =>
    nextCampaignMove(campaign, trace, machine, published, now);

/** A challenger that plays one game only. */
export const inOneGame =
  (mind: Mind): Strategy =>
  ({ dispute, games: [game] }, now) =>
    game ? mind(dispute, game, now) : { kind: "wait", reason: "over" };

/** No dispute needs more moves. */
const MOST_TURNS = 1000;

/** Plays until all of the challenger's games are over; returns the moves made. */
export async function playDuel(duel: Duel): Promise<Made[]> {
  const { disputes, signers, published } = duel;
  const made: Made[] = [];
  const ids = [duel.game];
  let dispute = duel.dispute;
  const bond = await disputes.bond(dispute.claimId);
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const all = await Promise.all(ids.map((id) => disputes.read(id)));
    const games = all.filter(({ stage }) => stage !== "none");
    if (games.length === 0) return made;
    const now = await duel.now();
    const step = decide(duel, { dispute, games, bond }, now);
    if ("until" in step) {
      await duel.sleep(step.until - now + 1);
      continue;
    }
    const { by, move } = step;
    const before = all.find(({ id }) => "game" in move && move.game === id) ?? all[0];
    await duel.beforeMove?.();
    let receipt: TransactionReceipt;
    if (move.kind === "challenge") {
      const opened = await disputes.challenge(move.claimId, signers[by]);
      ids.push(opened.game);
      receipt = opened.receipt;
    } else {
      receipt = await disputes.send(move, signers[by]);
    }
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
  campaign: Campaign,
  now: number,
): { by: "provider" | "challenger"; move: Move } | { until: number } {
  const { dispute, games } = campaign;
  const untils: number[] = [];
  for (const game of games) {
    const move = minds.provider(dispute, game, now);
    if (move.kind !== "wait") return { by: "provider", move };
    untils.push(move.until ?? Infinity);
  }
  const move = minds.challenger(campaign, now);
  if (move.kind !== "wait") return { by: "challenger", move };
  const until = Math.min(...untils, move.until ?? Infinity);
  if (!Number.isFinite(until)) throw new Error(`claim ${dispute.claimId}: nobody has a move, and no clock runs`);
  return { until };
}
