/**
 * A seeded generator of numbers for tests: xorshift of 32 bits, the same everywhere.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Spread small seeds; the state must not be 0.
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
    for (let i = 0; i < 4; i++) this.u32();
  }

  /** 32 bits. */
  u32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** A number from 0 to bound - 1. */
  below(bound: number): number {
    return this.u32() % bound;
  }

  /** A number from least to greatest, both included. */
  between(least: number, greatest: number): number {
    return least + this.below(greatest - least + 1);
  }

  /** True in `percent` of a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() >>> 24);
  }

  /** 256 bits. */
  word256(): bigint {
    return Array.from({ length: 8 }, () => BigInt(this.u32())).reduce((word, part) => (word << 32n) | part, 0n);
  }
}
