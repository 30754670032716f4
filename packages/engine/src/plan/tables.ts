/**
 * Tables of 32-bit numbers in the linear memory, each distinct one once. They are filled in when a plan becomes the active
 * one, for plans share the memory above the parameters.
 */
import type { LinearMemory } from "./memory.ts";

export class Tables {
  readonly #memory: LinearMemory;
  readonly #known = new Map<string, { address: number; words: Int32Array }[]>();
  readonly #all: { readonly address: number; readonly words: Int32Array }[] = [];

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** Address of a table with these words. */
  place(words: Int32Array): number {
    const key = digest(words);
    const candidates = this.#known.get(key) ?? [];
    const same = candidates.find((one) => equal(one.words, words));
    if (same !== undefined) return same.address;
    const address = this.#memory.take(4 * words.length + 16);
    candidates.push({ address, words });
    this.#known.set(key, candidates);
    this.#all.push({ address, words });
    return address;
  }

  /** Writes all of them. */
  write(): void {
    for (const { address, words } of this.#all) this.#memory.words(address, words.length).set(words);
  }
}

/** A short digest, to find equal tables by; equality is checked. */
export function digest(words: Int32Array): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return `${words.length} ${hash}`;
}

const equal = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((word, i) => word === b[i]);
