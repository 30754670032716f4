// Random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011), a
// counter-based generator. A stream is a 64-bit key, the seed, and a 96-bit place, (population, replicate, point); block
// number `n` of a stream is a pure function of these, so streams never overlap and need no shared state between workers.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit integers; every sum below stays under 2^32. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const low = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, b1) + ((middle >>> 16) + (low >>> 16))) | 0;
}

/**
 * Blocks: writes the four words of each of `blocks` counters, the first and those that follow it in their lowest word, to
 * `out`.
 */
export function philox4x32(out: Uint32Array, counter: Uint32Array, key0: number, key1: number, blocks = 1): void {
  for (let block = 0; block < blocks; block++) {
    let c0 = counter[0] + block;
    let c1 = counter[1] | 0;
    let c2 = counter[2] | 0;
    let c3 = counter[3] | 0;
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < 10; round++) {
      const high0 = mulHigh(MULTIPLIER_0, c0);
      const low0 = Math.imul(MULTIPLIER_0, c0);
      const high1 = mulHigh(MULTIPLIER_1, c2);
      const low1 = Math.imul(MULTIPLIER_1, c2);
      c0 = high1 ^ c1 ^ k0;
      c1 = low1;
      c2 = high0 ^ c3 ^ k1;
      c3 = low0;
      k0 = (k0 + WEYL_0) | 0;
      k1 = (k1 + WEYL_1) | 0;
    }
    const at = 4 * block;
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }
}

/** A seed is a whole number from 0 to 2^53 - 1; its two halves are the generator's key. */
export function isSeed(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Blocks made at once. */
const BLOCKS = 16;

/** An endless sequence of random numbers; equal arguments give equal sequences on every machine. */
export class Stream {
  readonly #words = new Uint32Array(4 * BLOCKS);
  readonly #counter = new Uint32Array(4);
  readonly #key0: number;
  readonly #key1: number;
  #next = 4 * BLOCKS;

  constructor(seed: number, point = 0, replicate = 0, population = 0) {
    if (!isSeed(seed)) throw new RangeError(`seed ${seed} is not a whole number from 0 to 2^53 - 1`);
    this.#key0 = seed >>> 0;
    this.#key1 = Math.floor(seed / 2 ** 32) >>> 0;
    this.#counter[1] = population;
    this.#counter[2] = replicate;
    this.#counter[3] = point;
  }

  /** A uniform integer in [0, 2^32). */
  word(): number {
    if (this.#next === 4 * BLOCKS) {
      philox4x32(this.#words, this.#counter, this.#key0, this.#key1, BLOCKS);
      this.#counter[0] += BLOCKS;
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }

  /** A uniform real in (0, 1), the middle of one of 2^32 equal cells. */
  uniform(): number {
    return (this.word() + 0.5) * 2 ** -32;
  }

  /** A uniform integer in [0, n), n ≤ 2^32, without bias (Lemire's rejection). */
  below(n: number): number {
    const threshold = 2 ** 32 % n;
    for (;;) {
      const x = this.word();
      const low = Math.imul(x, n) >>> 0;
      if (low >= threshold) return n === 2 ** 32 ? x : mulHigh(x, n) >>> 0;
    }
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.word() < p * 2 ** 32;
  }

  /** An exponential waiting time of that mean. */
  exponential(mean: number): number {
    return -mean * Math.log(this.uniform());
  }

  /** A standard normal (Box-Muller, the cosine half). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}
