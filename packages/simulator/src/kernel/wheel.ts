// A queue of timers: a hierarchical timing wheel (Varghese, Lauck, 1987) of four levels of 256 slots, one slot of the
// lowest level for each second. A slot is a ring of timers, known by its last one, linked through arrays that the owners
// of the timers hold, so setting a timer allocates nothing. Timers of one second fire in the order in which they were set.

const BITS = 8;
const SLOTS = 1 << BITS;
const LEVELS = 4;
const MASK = SLOTS - 1;

/** No timer. */
export const NONE = -1;

/**
 * The timers of one kind of owner: `due[i]` is the second at which owner i's timer fires, `next[i]` the wheel's link. An
 * owner has at most one timer at a time. Owners replace the arrays when they grow.
 */
export interface Timers {
  due: Uint32Array;
  next: Int32Array;
}

/** Up to four kinds of owners share one wheel; a timer is named by (owner << 2) | kind. */
export class Wheel {
  /** The present, in seconds. */
  now = 0;
  /** How many timers are set. */
  size = 0;
  readonly #kinds: readonly Timers[];
  readonly #tails = new Int32Array(SLOTS * LEVELS).fill(NONE);
  /** One bit per slot that is not empty. */
  readonly #full = new Int32Array((SLOTS * LEVELS) / 32);

  constructor(kinds: readonly Timers[]) {
    this.#kinds = kinds;
  }

  /** All arrays, those of the owners included: for counting memory. */
  arrays(): ArrayBufferView[] {
    return [this.#tails, this.#full, ...this.#kinds.flatMap(({ due, next }) => [due, next])];
  }

  /** Sets owner's timer for the second `due`; one in the past fires now. */
  set(kind: number, owner: number, due: number): void {
    const at = due < this.now ? this.now : due;
    const timers = this.#kinds[kind];
    timers.due[owner] = at;
    this.size++;
    this.#place((owner << 2) | kind, timers, at);
  }

  #place(id: number, timers: Timers, due: number): void {
    // The level is the one whose current turn contains both now and due.
    const difference = (due ^ this.now) >>> 0;
    const level = difference < 1 << 8 ? 0 : difference < 1 << 16 ? 1 : difference < 1 << 24 ? 2 : 3;
    const slot = level * SLOTS + ((due >>> (level * BITS)) & MASK);
    const tail = this.#tails[slot];
    if (tail === NONE) {
      timers.next[id >> 2] = id;
      this.#full[slot >> 5] |= 1 << (slot & 31);
    } else {
      const last = this.#kinds[tail & 3];
      timers.next[id >> 2] = last.next[tail >> 2];
      last.next[tail >> 2] = id;
    }
    this.#tails[slot] = id;
  }

  /** The first slot at or after `from` in its level that is not empty, or NONE. */
  #firstFull(level: number, from: number): number {
    const end = (level + 1) * SLOTS;
    let slot = level * SLOTS + from;
    while (slot < end) {
      const word = this.#full[slot >> 5] >>> (slot & 31);
      if (word !== 0) return slot + (31 - Math.clz32(word & -word)) - level * SLOTS;
      slot = (slot | 31) + 1;
    }
    return NONE;
  }

  /** Takes a slot's whole ring off the wheel and returns its last timer. */
  #take(slot: number): number {
    const tail = this.#tails[slot];
    this.#tails[slot] = NONE;
    this.#full[slot >> 5] &= ~(1 << (slot & 31));
    return tail;
  }

  /**
   * Takes the next timer off the wheel and moves the present to its second, if that is not after `end`.
   * @returns the timer's name, or NONE, and then the present is `end`.
   */
  pop(end: number): number {
    for (;;) {
      const slot = this.#firstFull(0, this.now & MASK);
      if (slot !== NONE) {
        const due = ((this.now & ~MASK) | slot) >>> 0;
        if (due > end) break;
        this.now = due;
        const tail = this.#tails[slot];
        const last = this.#kinds[tail & 3];
        const id = last.next[tail >> 2];
        if (id === tail) this.#take(slot);
        else last.next[tail >> 2] = this.#kinds[id & 3].next[id >> 2];
        this.size--;
        return id;
      }
      if (!this.#advance(end)) break;
    }
    if (this.now < end) this.#skipTo(end);
    return NONE;
  }

  /** Moves the present to the next turn of the lowest level that holds a timer; false if that is after `end`. */
  #advance(end: number): boolean {
    for (let level = 1; level < LEVELS; level++) {
      const shift = level * BITS;
      const slot = this.#firstFull(level, ((this.now >>> shift) & MASK) + 1);
      if (slot === NONE) continue;
      const above = level === LEVELS - 1 ? 0 : (this.now & ~(2 ** (shift + BITS) - 1)) >>> 0;
      const turn = above + slot * 2 ** shift;
      if (turn > end) return false;
      this.#enter(turn, level, slot);
      return true;
    }
    return false;
  }

  /** The present becomes the start of a turn; that turn's timers move down to the levels below. */
  #enter(turn: number, level: number, slot: number): void {
    this.now = turn;
    const tail = this.#take(level * SLOTS + slot);
    if (tail === NONE) return;
    let next = this.#kinds[tail & 3].next[tail >> 2];
    for (;;) {
      const id = next;
      const timers = this.#kinds[id & 3];
      next = timers.next[id >> 2];
      this.#place(id, timers, timers.due[id >> 2]);
      if (id === tail) return;
    }
  }

  /** Moves the present to `end`, before which no timer is due, through the turns that contain it. */
  #skipTo(end: number): void {
    for (let level = LEVELS - 1; level >= 1; level--) {
      const shift = level * BITS;
      const turn = Math.floor(end / 2 ** shift) * 2 ** shift;
      if (turn > this.now) this.#enter(turn, level, (turn >>> shift) & MASK);
    }
    this.now = end;
  }
}
