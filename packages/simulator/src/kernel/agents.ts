// Who takes part: one entry per agent in typed arrays. Stake and balances are in token units, wei in wei; profit is in
// dollars and jobs are counted since the last epoch.

export class Providers {
  readonly count: number;
  readonly strategy: Uint8Array;
  /** The fee it asks for, in dollars. */
  readonly ask: Float32Array;
  readonly stake: Float64Array;
  readonly delegated: Float64Array;
  readonly shares: Float64Array;
  readonly locked: Float64Array;
  readonly earnings: Float64Array;
  readonly balance: Float64Array;
  readonly wei: Float64Array;
  readonly profit: Float64Array;
  readonly jobs: Uint32Array;
  /** Claims and receipts that are open, and the lock behind all receipts. */
  readonly open: Int32Array;
  readonly receipts: Int32Array;
  readonly channel: Float64Array;
  /** Whether it was slashed since the last epoch. */
  readonly slashed: Uint8Array;
  /** Answers paid since the last slash. */
  readonly record: Uint32Array;

  constructor(count: number) {
    this.count = count;
    this.strategy = new Uint8Array(count);
    this.ask = new Float32Array(count);
    this.stake = new Float64Array(count);
    this.delegated = new Float64Array(count);
    this.shares = new Float64Array(count);
    this.locked = new Float64Array(count);
    this.earnings = new Float64Array(count);
    this.balance = new Float64Array(count);
    this.wei = new Float64Array(count);
    this.profit = new Float64Array(count);
    this.jobs = new Uint32Array(count);
    this.open = new Int32Array(count);
    this.receipts = new Int32Array(count);
    this.channel = new Float64Array(count);
    this.slashed = new Uint8Array(count);
    this.record = new Uint32Array(count);
  }
}

/** Watchers, then auditors: [0, count) and [count, count + auditors). */
export class Watchers {
  readonly count: number;
  readonly auditors: number;
  readonly strategy: Uint8Array;
  readonly asleep: Uint8Array;
  /** How likely it thinks an answer is wrong. */
  readonly belief: Float32Array;
  readonly balance: Float64Array;
  readonly wei: Float64Array;
  readonly profit: Float64Array;
  readonly jobs: Uint32Array;

  constructor(count: number, auditors: number) {
    this.count = count;
    this.auditors = auditors;
    const all = count + auditors;
    this.strategy = new Uint8Array(all);
    this.asleep = new Uint8Array(all);
    this.belief = new Float32Array(all).fill(1);
    this.balance = new Float64Array(all);
    this.wei = new Float64Array(all);
    this.profit = new Float64Array(all);
    this.jobs = new Uint32Array(all);
  }
}

export class Requesters {
  readonly count: number;
  readonly balance: Float64Array;

  constructor(count: number) {
    this.count = count;
    this.balance = new Float64Array(count);
  }
}

export class Delegators {
  readonly count: number;
  /** The provider each trusts, and its shares of what that provider was trusted with. */
  readonly provider: Int32Array;
  readonly shares: Float64Array;
  /** Whether it waits in the queue to leave. */
  readonly queued: Uint8Array;

  constructor(count: number) {
    this.count = count;
    this.provider = new Int32Array(count);
    this.shares = new Float64Array(count);
    this.queued = new Uint8Array(count);
  }
}
