// Random numbers: xoshiro128** (Blackman, Vigna, "Scrambled linear pseudorandom number generators", 2021), one generator
// for each stream. A stream's place is (seed, point, replicate, population); its 128-bit state is the Philox block of that
// place under the seed, so that two streams of one seed never begin alike, and workers share nothing.
import { mulHigh, philox4x32 } from "./philox.ts";

/** A seed is a whole number from 0 to 2^53 - 1; its two halves are the key that streams are seeded under. */
export function isSeed(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Below it, a product with a 32-bit word is exact in a float. */
const EXACT = 2 ** 21;

/** An endless sequence of random numbers; equal arguments give equal sequences on every machine. */
export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  /** The second of two normals; NaN: there is none. */
  #spare = NaN;

  constructor(seed: number, point = 0, replicate = 0, population = 0) {
    if (!isSeed(seed)) throw new RangeError(`seed ${seed} is not a whole number from 0 to 2^53 - 1`);
    const words = new Uint32Array(4);
    philox4x32(words, Uint32Array.of(0, population, replicate, point), seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0);
    // The one state that never leaves itself.
    if ((words[0] | words[1] | words[2] | words[3]) === 0) words[0] = 1;
    [this.#a, this.#b, this.#c, this.#d] = Int32Array.from(words);
  }

  /** A stream that stands at a given state of the generator, four words that are not all 0. */
  static at(state: ArrayLike<number>): Stream {
    const stream = new Stream(0);
    [stream.#a, stream.#b, stream.#c, stream.#d] = Int32Array.from(state, (word) => word | 0);
    return stream;
  }

  /** A uniform integer in [0, 2^32). */
  word(): number {
    const b = this.#b;
    const five = Math.imul(b, 5);
    const c = this.#c ^ this.#a;
    const d = this.#d ^ b;
    this.#b = b ^ c;
    this.#a ^= d;
    this.#c = c ^ (b << 9);
    this.#d = (d << 11) | (d >>> 21);
    return Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
  }

  /** Fills an array with the next words: for loops over many agents, twice as fast as asking for one at a time. */
  fill(words: Uint32Array): void {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let i = 0; i < words.length; i++) {
      const five = Math.imul(b, 5);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      words[i] = Math.imul((five << 7) | (five >>> 25), 9);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** A uniform real in (0, 1), the middle of one of 2^32 equal cells. */
  uniform(): number {
    return (this.word() + 0.5) * 2 ** -32;
  }

  /** A uniform integer in [0, n), n ≤ 2^32, without bias (Lemire's rejection). */
  below(n: number): number {
    for (;;) {
      const x = this.word();
      const product = x * n;
      const high = n <= EXACT ? Math.floor(product * 2 ** -32) : n === 2 ** 32 ? x : mulHigh(x, n) >>> 0;
      const low = n <= EXACT ? product - high * 2 ** 32 : Math.imul(x, n) >>> 0;
      // A remainder costs more than a product, and is needed once in 2^32 ÷ n draws.
      if (low >= n || low >= 2 ** 32 % n) return high;
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

  /** A standard normal (Box-Muller, which makes two at a time). */
  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
