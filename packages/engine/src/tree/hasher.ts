/** What hashes the trees of `@assay/vm/tree` faster; every implementation has the same hashes. */
import { LEAF_BYTES } from "@assay/vm/tree";
import type { TensorHasher } from "@assay/vm/treeRoot";

/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** The longest message of one block of the sponge: its hash is one permutation. */
export const SHORT_BYTES = 135;

/** The highest level that a hasher can be asked to begin with: the fewest hashes that lead to a root. */
export const HIGHEST_LOW = 5;

/** A thread's own; it keeps buffers. */
export interface TreeHasher extends TensorHasher {
  /** How it hashes: "wasm", "native avx2", … */
  readonly name: string;
  /**
   * The levels from `low`, at most `HIGHEST_LOW`, up to `level` of the tree over `bytes`, which are at least one and at most
   * 128 · 2^level: the hashes of each level that any of the bytes lie under, one level after the other, in `to`.
   */
  levels(bytes: Uint8Array, low: number, level: number, to: Uint8Array): void;
  /** The levels above these nodes of level `from`, up to `level`, in the same form; what is missing is padding. */
  climb(nodes: Uint8Array, from: number, level: number, to: Uint8Array): void;
}

/** Bytes of the hashes of one level of the tree over `byteLength` bytes. */
export const levelBytes = (byteLength: number, level: number): number =>
  Math.ceil(byteLength / LEAF_BYTES / 2 ** level) * HASH_BYTES;

/** Bytes of the levels from `low` up to `level`. */
export function levelsBytes(byteLength: number, low: number, level: number): number {
  let sum = 0;
  for (let at = low; at <= level; at++) sum += levelBytes(byteLength, at);
  return sum;
}
