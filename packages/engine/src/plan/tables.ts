/** Tables of 32-bit numbers, each distinct one once. */
import type { LinearMemory } from "./memory.ts";

/** Numbers tables: equal ones have one number, and no others. */
export class TableNumbers {
  readonly #known = new Map<string, { readonly number: number; readonly words: Int32Array }[]>();
  #count = 0;

  of(words: Int32Array): number {
    const key = digest(words);
    const candidates = this.#known.get(key) ?? [];
    const same = candidates.find((one) => equal(one.words, words));
    if (same !== undefined) return same.number;
    candidates.push({ number: this.#count, words });
    this.#known.set(key, candidates);
    return this.#count++;
  }
}

/**
 * Tables in the linear memory. They are filled in when a plan becomes the active one, for plans share the memory above the
 * parameters.
 */
export class Tables {
  readonly #memory: LinearMemory;
  readonly #numbers = new TableNumbers();
  /** By number. */
  readonly #all: { readonly address: number; readonly words: Int32Array }[] = [];

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** Address of a table with these words. */
  place(words: Int32Array): number {
    const number = this.#numbers.of(words);
    this.#all[number] ??= { address: this.#memory.take(4 * words.length + 16), words };
    return this.#all[number].address;
  }

  /** Writes all of them. */
  write(): void {
    for (const { address, words } of this.#all) this.#memory.words(address, words.length).set(words);
  }
}

/** A short digest, to find equal tables by: others have it too, and whoever wants to finds them. */
export function digest(words: Int32Array): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return `${words.length} ${hash}`;
}

const equal = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((word, i) => word === b[i]);
