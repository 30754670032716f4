/** What hashes the trees of `@assay/vm/tree` faster; every implementation has the same hashes. */
import type { Hash } from "@assay/vm/hash";

/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** Receives hashes of a level, level by level from the lowest up; they are valid during the call. */
export type LevelSink = (level: number, hashes: Uint8Array) => void;

/** A thread's own; it keeps buffers. */
export interface TreeHasher {
  /** How it hashes: "wasm", "native avx2", … */
  readonly name: string;
  /**
   * The node `level` above the leaves of `bytes`, which are at most 128 · 2^level; missing ones are zeros. `sink` is
   * given the nodes on the way that any of the bytes lie under, each level from left to right.
   */
  subtree(bytes: Uint8Array, level: number, sink?: LevelSink): Hash;
  /** The node at level `to` above these nodes of level `from`; those on the right that are missing are padding. */
  climb(hashes: Uint8Array, from: number, to: number, sink?: LevelSink): Hash;
}
