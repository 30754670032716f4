// Games: one entry per challenge, from the decision to challenge until the game's last timer has fired.
import { FIRST, Table } from "./table.ts";
import type { Timers } from "./wheel.ts";

/** Stages of a game. */
export const PREPARING = 1;
export const PROVIDER_TO_MOVE = 2;
export const CHALLENGER_TO_MOVE = 3;
/** The provider is to supply what was demanded. */
export const SUPPLYING = 4;
export const CLOSED = 5;

/** Bits of a game: the challenger can prove its point; it does not play on; it is played quickly; it demands
 *  PESTERINGS times before it falls silent; it commits to its proof instead of descending; it has committed; when it did, another had
 *  pinned the block; it is its claim's first, which pays for the trace. */
export const SOUND = 1;
export const SILENT = 2;
export const QUICK = 4;
export const DEMANDS = 8;
export const COMMITS = 16;
export const COMMITTED = 32;
export const BEATEN = 64;
export const OPENING = 128;

/** Demands of a challenger that wants to be a burden. The game allows more; each is paid for like the others. */
export const PESTERINGS = 8;

export class Games extends Table implements Timers {
  due = new Uint32Array(FIRST);
  next = new Int32Array(FIRST);
  stage = new Uint8Array(FIRST);
  bits = new Uint8Array(FIRST);
  claim = new Int32Array(FIRST);
  /** A watcher's index, or -1 for the provider's own sock puppet. */
  challenger = new Int32Array(FIRST);
  /** Of the path's answers: the one awaited in the provider's turn, those given in the challenger's. */
  at = new Uint8Array(FIRST);
  /** Moves that are repaid when another convicts the claim, and which of them were demands. */
  moves = new Uint8Array(FIRST);
  demands = new Uint8Array(FIRST);
  providerLeft = new Int32Array(FIRST);
  challengerLeft = new Int32Array(FIRST);
  since = new Uint32Array(FIRST);
  bond = new Float64Array(FIRST);
  /** The next game of the same claim. */
  sibling = new Int32Array(FIRST);

  get link(): Int32Array {
    return this.sibling;
  }
}
