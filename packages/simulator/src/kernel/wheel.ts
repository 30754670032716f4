// A queue of timers: a hierarchical timing wheel (Varghese, Lauck, 1987) whose levels together reach 2^32 seconds, one slot
// of the lowest level for each second. A slot is a ring of timers, known by its last one, linked through arrays that the owners
// of the timers hold, so setting a timer allocates nothing. Timers of one second fire in the order in which they were set.

/** No timer. */
export const NONE = -1;
/** The end of time: a timer set for it or later never fires. */
export const END = 2 ** 32 - 1;
/** No timer that is due in time. */
const BEYOND = -2;

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
  /** log2 of the slots of a level, and a mask of that many bits. */
  readonly #bits: number;
  readonly #mask: number;
  readonly #levels: number;
  readonly #tails: Int32Array;
  /** One bit per slot that is not empty. */
  readonly #full: Int32Array;

  /** @param bits log2 of the slots of a level, from 5 to 16. */
  constructor(kinds: readonly Timers[], bits = 8) {
    this.#kinds = kinds;
    this.#bits = bits;
    this.#mask = 2 ** bits - 1;
    this.#levels = Math.ceil(32 / bits);
    this.#tails = new Int32Array(2 ** bits * this.#levels).fill(NONE);
    this.#full = new Int32Array(this.#tails.length / 32);
  }

  /** All arrays, those of the owners included: for counting memory. */
  arrays(): ArrayBufferView[] {
    return [this.#tails, this.#full, ...this.#kinds.flatMap(({ due, next }) => [due, next])];
  }

  /** Sets owner's timer for the second `due`; one in the past fires now, one beyond the end of time never. */
  set(kind: number, owner: number, due: number): void {
    const at = due < this.now ? this.now : due < END ? due : END;
    const timers = this.#kinds[kind];
    timers.due[owner] = at;
    this.size++;
    this.#place((owner << 2) | kind, timers, at);
  }

  #place(id: number, timers: Timers, due: number): void {
    // The level is the one whose current turn contains both now and due.
    const bits = this.#bits;
    let level = 0;
    for (let difference = (due ^ this.now) >>> bits; difference !== 0; difference >>>= bits) level++;
    const slot = (level << bits) + ((due >>> (level * bits)) & this.#mask);
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
    const end = (level + 1) << this.#bits;
    let slot = (level << this.#bits) + from;
    while (slot < end) {
      const word = this.#full[slot >> 5] >>> (slot & 31);
      if (word !== 0) return slot + (31 - Math.clz32(word & -word)) - (level << this.#bits);
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
      const slot = this.#firstFull(0, this.now & this.#mask);
      if (slot !== NONE) {
        const due = ((this.now & ~this.#mask) | slot) >>> 0;
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
      const id = this.#advance(end);
      if (id === BEYOND) break;
      if (id !== NONE) return id;
    }
    if (this.now < end) this.#skipTo(end);
    return NONE;
  }

  /**
   * Moves the present to the next turn of the lowest level that holds a timer. A timer that is alone in its turn is taken
   * off at once: the usual case where timers are few.
   * @returns that timer; NONE where there were several; BEYOND, and nothing is done, where the turn or the timer is after
   * `end`.
   */
  #advance(end: number): number {
    for (let level = 1; level < this.#levels; level++) {
      const shift = level * this.#bits;
      const slot = this.#firstFull(level, ((this.now >>> shift) & this.#mask) + 1);
      if (slot === NONE) continue;
      const tail = this.#tails[(level << this.#bits) + slot];
      const timers = this.#kinds[tail & 3];
      if (timers.next[tail >> 2] === tail) {
        const due = timers.due[tail >> 2];
        if (due > end) return BEYOND;
        this.#take((level << this.#bits) + slot);
        this.now = due;
        this.size--;
        return tail;
      }
      const above = level === this.#levels - 1 ? 0 : (this.now & ~(2 ** (shift + this.#bits) - 1)) >>> 0;
      const turn = above + slot * 2 ** shift;
      if (turn > end) return BEYOND;
      this.#enter(turn, level, slot);
      return NONE;
    }
    return BEYOND;
  }

  /** The present becomes the start of a turn; that turn's timers move down to the levels below. */
  #enter(turn: number, level: number, slot: number): void {
    this.now = turn;
    const tail = this.#take((level << this.#bits) + slot);
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
    for (let level = this.#levels - 1; level >= 1; level--) {
      const shift = level * this.#bits;
      const turn = Math.floor(end / 2 ** shift) * 2 ** shift;
      if (turn > this.now) this.#enter(turn, level, (turn >>> shift) & this.#mask);
    }
    this.now = end;
  }
}
