// Claims: one entry per request that a provider accepted, until it is paid, refunded, or its conviction rewarded. What only
// challenged claims need stands in a table of its own, as on chain.
import { FIRST, Table } from "./table.ts";
import type { Timers } from "./wheel.ts";

/** Stages of a claim. */
export const ACCEPTED = 1;
export const POSTED = 2;
/** Convicted; the reward is not paid yet. */
export const FELL = 3;

/** Bits of a claim above the answer's (strategies.ts: WRONG, ABSENT, CHEAP). */
export const OVER_CHANNEL = 8;
export const FORCED = 16;
export const ATTESTED = 32;
export const WINDOW_OVER = 64;
export const CALLBACK = 128;

export class Claims extends Table implements Timers {
  due = new Uint32Array(FIRST);
  next = new Int32Array(FIRST);
  stage = new Uint8Array(FIRST);
  bits = new Uint8Array(FIRST);
  attempts = new Uint8Array(FIRST);
  provider = new Int32Array(FIRST);
  requester = new Int32Array(FIRST);
  fee = new Float64Array(FIRST);
  collateral = new Float64Array(FIRST);
  /** Value at risk, in dollars. */
  value = new Float32Array(FIRST);
  /** Until when to answer; when the window closes; when the reward is released: by stage. */
  time = new Uint32Array(FIRST);
  /** Where the watchers that hold this claim's model begin. */
  watcher = new Int32Array(FIRST);
  /** Whom it was given to audit. */
  auditor = new Int32Array(FIRST);
  /** Its entry among the disputes; NONE as long as nobody has decided to challenge it. */
  dispute = new Int32Array(FIRST);

  get link(): Int32Array {
    return this.dispute;
  }

  /** Claims that are not decided, and convictions whose reward waits. */
  open = 0;
  waiting = 0;
}

/** The first game that pinned the block has been lost. */
export const GONE = -2;

export class Disputes extends Table {
  /** Games that are open, and the list of all that are open or being prepared. */
  openGames = new Int32Array(FIRST);
  games = new Int32Array(FIRST);
  /** How many games there ever were. */
  gameCount = new Uint32Array(FIRST);
  /** When the trace was opened (0: not yet), and how many answers of the path to the wrong number are public. */
  traceAt = new Uint32Array(FIRST);
  known = new Uint8Array(FIRST);
  /** The first game that pinned the block of the wrong number. */
  pinned = new Int32Array(FIRST);
  /** Whom a conviction rewards: a watcher's index, or -1 for the provider's own sock puppet. */
  rewarded = new Int32Array(FIRST);
  /** Of the share for other challengers' gas, what is left when the claim falls. */
  unspent = new Float64Array(FIRST);

  get link(): Int32Array {
    return this.games;
  }
}
