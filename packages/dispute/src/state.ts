/**
 * The state that a player decides by: one game and the dispute it belongs to, as read from the chain. Plain values, so
 * that it can be stored, compared and written by hand in tests.
 */
import type { Claim } from "@assay/vm/claim";
import type { Hash } from "@assay/vm/hash";
import type { Clock } from "./clock.ts";
import type { GameId } from "./gameId.ts";
import type { Position } from "./position.ts";
import type { Stage } from "./stage.ts";

/** Parameters of the game contract. */
export interface Rules {
  readonly arityLog2: number;
  readonly snapshotsLog2: number;
}

/** A disputed claim. */
export interface Dispute {
  readonly claimId: bigint;
  readonly claim: Claim;
  /** The program's header. */
  readonly header: Uint8Array;
  readonly rules: Rules;
  readonly convicted: boolean;
}

/** One game, as `viewGame` shows it: the opening of the trace already counted. */
export interface Game {
  readonly id: GameId;
  readonly stage: Stage;
  readonly clock: Clock;
  readonly position: Position;
  readonly pinned: Hash;
  /** Of its challenger. */
  readonly moves: number;
  /** Depth of the tree of the tensor that the game is in, or of its cells; 0 outside. */
  readonly depth: number;
  /** What the provider owes in stage supply. */
  readonly demand?: bigint;
}
