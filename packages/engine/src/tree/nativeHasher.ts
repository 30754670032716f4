/**
 * Trees by the native library's keccak, as many messages at once as a vector has 64-bit lanes: leaves are hashed where
 * they lie, level after level of a chunk that the second-level cache holds.
 */
import type { Hash } from "@assay/vm/hash";
import { LEAF_BYTES, zeroHash } from "@assay/vm/tree";
import { chooseSet } from "../native/kernels.ts";
import { nativeLibrary, type Absent, type InstructionSet, type NativeLibrary } from "../native/library.ts";
import { HASH_BYTES, type LevelSink, type TreeHasher } from "./hasher.ts";

/** Levels above the leaves of what is hashed at a time: 256 KiB of bytes. */
const CHUNK_LEVEL = 11;
const CHUNK_BYTES = LEAF_BYTES * 2 ** CHUNK_LEVEL;

/**
 * The native hasher by an instruction set's name; absent: the fastest that this machine runs.
 *
 * @returns the hasher, or why there is none.
 */
export function nativeHasher(set?: string): NativeHasher | Absent {
  const library = nativeLibrary();
  if ("absent" in library) return library;
  const chosen = chooseSet(library, set);
  return "absent" in chosen ? chosen : new NativeHasher(library, chosen);
}

export class NativeHasher implements TreeHasher {
  readonly name: string;
  readonly #library: NativeLibrary;
  readonly #set: number;
  /** A chunk's hashes by level, each with room for the padding after an odd number. */
  readonly #levels = Array.from(
    { length: CHUNK_LEVEL + 1 },
    (_, level) => new Uint8Array(HASH_BYTES * (2 ** (CHUNK_LEVEL - level) + 1)),
  );
  /** A leaf that is not full. */
  readonly #leaf = new Uint8Array(LEAF_BYTES);

  constructor(library: NativeLibrary, set: InstructionSet) {
    this.name = `native ${set.name}`;
    this.#library = library;
    this.#set = set.index;
  }

  subtree(bytes: Uint8Array, level: number, sink?: LevelSink): Hash {
    if (bytes.length === 0) return zeroHash(level);
    if (level <= CHUNK_LEVEL) return this.#chunk(bytes, level, sink);
    const roots = new Uint8Array(Math.ceil(bytes.length / CHUNK_BYTES) * HASH_BYTES);
    for (let i = 0; i * CHUNK_BYTES < bytes.length; i++) {
      const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      roots.set(this.#chunk(chunk, CHUNK_LEVEL, sink), i * HASH_BYTES);
    }
    return this.climb(roots, CHUNK_LEVEL, level, sink);
  }

  climb(hashes: Uint8Array, from: number, to: number, sink?: LevelSink): Hash {
    let nodes = hashes;
    for (let level = from; level < to; level++) {
      const width = nodes.length / HASH_BYTES;
      const even = new Uint8Array(HASH_BYTES * (width + (width % 2)));
      even.set(nodes);
      if (width % 2 === 1) even.set(zeroHash(level), width * HASH_BYTES);
      nodes = new Uint8Array(even.length / 2);
      this.#library.hashNodes(this.#set, even, even.length / (2 * HASH_BYTES), nodes);
      sink?.(level + 1, nodes);
    }
    return nodes.slice(0, HASH_BYTES);
  }

  /** `subtree` of at most a chunk, but of one byte at least. */
  #chunk(bytes: Uint8Array, level: number, sink?: LevelSink): Hash {
    let nodes = this.#levels[0];
    let width = this.#leaves(bytes, nodes);
    sink?.(0, nodes.subarray(0, width * HASH_BYTES));
    for (let up = 1; up <= level; up++) {
      if (width % 2 === 1) nodes.set(zeroHash(up - 1), width++ * HASH_BYTES);
      width /= 2;
      const above = this.#levels[up];
      this.#library.hashNodes(this.#set, nodes, width, above);
      nodes = above;
      sink?.(up, nodes.subarray(0, width * HASH_BYTES));
    }
    return nodes.slice(0, HASH_BYTES);
  }

  /** Hashes the leaves, the last of them padded with zeros; how many there are. */
  #leaves(bytes: Uint8Array, to: Uint8Array): number {
    const whole = Math.floor(bytes.length / LEAF_BYTES);
    if (whole > 0) this.#library.hashLeaves(this.#set, bytes, whole, to);
    if (whole * LEAF_BYTES === bytes.length) return whole;
    this.#leaf.fill(0);
    this.#leaf.set(bytes.subarray(whole * LEAF_BYTES));
    this.#library.hashLeaves(this.#set, this.#leaf, 1, to.subarray(whole * HASH_BYTES));
    return whole + 1;
  }
}
