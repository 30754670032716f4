/**
 * The fast tree hasher: the same hashes as `@assay/vm/tree`, by keccak in WebAssembly. It owns a small memory through
 * which bytes go 512 leaves at a time; one per thread.
 */
import { LEAF_BYTES, depthOf, leafCount, zeroHash, type HashTree } from "@assay/vm/tree";
import type { Hash } from "@assay/vm/hash";
import type { SubtreeHasher } from "@assay/vm/treeRoot";
import { compileModule, createMemory, instantiate, type CompiledModule, type Memory } from "../wasm/webAssembly.ts";
import { keccakModule, roundConstants } from "./keccak.ts";

/** Bytes of a hash. */
export const HASH_BYTES = 32;
/** Levels above the leaves of what is hashed at a time. */
export const CHUNK_LEVEL = 9;
const CHUNK_LEAVES = 2 ** CHUNK_LEVEL;
const CHUNK_BYTES = CHUNK_LEAVES * LEAF_BYTES;

/** Where things lie: constants, then the bytes, then each level's hashes with room for one more. */
const BYTES_AT = 256;
const levelAt = (level: number): number =>
  BYTES_AT + CHUNK_BYTES + LEAF_BYTES + HASH_BYTES * (2 * CHUNK_LEAVES - 2 * 2 ** (CHUNK_LEVEL - level) + level * 2);
const MEMORY_PAGES = 2;

type Hashing = (from: number, to: number, count: number) => void;

let compiled: CompiledModule | undefined;

/** Receives the hashes of a level of the chunk at hand, from the lowest level up; they are valid during the call. */
export type LevelSink = (level: number, hashes: Uint8Array) => void;

export class TreeHasher {
  readonly #memory: Memory;
  readonly #bytes: Uint8Array;
  readonly #leaves: Hashing;
  readonly #nodes: Hashing;

  constructor() {
    compiled ??= compileModule(keccakModule());
    this.#memory = createMemory({ initial: MEMORY_PAGES });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    new BigUint64Array(this.#memory.buffer).set(roundConstants());
    const { leaves, nodes } = instantiate<{ leaves: Hashing; nodes: Hashing }>(compiled, this.#memory);
    this.#leaves = leaves;
    this.#nodes = nodes;
  }

  /**
   * The node `level` above the leaves of `bytes`, which are at most 128 · 2^level; missing ones are zeros. `sink` is
   * given the nodes on the way that any of the bytes lie under, chunk by chunk.
   */
  subtree(bytes: Uint8Array, level: number, sink?: LevelSink): Hash {
    if (bytes.length === 0) return zeroHash(level);
    if (level <= CHUNK_LEVEL) return this.#chunk(bytes, level, sink);
    const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
    const roots = new Uint8Array(chunks * HASH_BYTES);
    for (let i = 0; i < chunks; i++) {
      const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      roots.set(this.#chunk(chunk, CHUNK_LEVEL, sink), i * HASH_BYTES);
    }
    return this.climb(roots, CHUNK_LEVEL, level, sink);
  }

  /** The node at level `to` above these nodes of level `from`; those on the right that are missing are padding. */
  climb(hashes: Uint8Array, from: number, to: number, sink?: LevelSink): Hash {
    let nodes = hashes;
    for (let level = from; level < to; level++) {
      const above = new Uint8Array(Math.ceil(nodes.length / HASH_BYTES / 2) * HASH_BYTES);
      for (let at = 0; at < nodes.length; at += CHUNK_BYTES) {
        const part = nodes.subarray(at, at + CHUNK_BYTES);
        this.#bytes.set(part, BYTES_AT);
        const width = this.#pad(BYTES_AT, part.length / HASH_BYTES, level);
        this.#nodes(BYTES_AT, levelAt(0), width / 2);
        above.set(this.#view(levelAt(0), width / 2), at / 2);
      }
      sink?.(level + 1, above);
      nodes = above;
    }
    return nodes.slice(0, HASH_BYTES);
  }

  /** `subtree` of at most 512 leaves. */
  #chunk(bytes: Uint8Array, level: number, sink?: LevelSink): Hash {
    let width = Math.ceil(bytes.length / LEAF_BYTES);
    this.#bytes.set(bytes, BYTES_AT);
    // The rest of the last leaf, and the leaf that an odd count reads beyond it.
    this.#bytes.fill(0, BYTES_AT + bytes.length, BYTES_AT + (width + 1) * LEAF_BYTES);
    this.#leaves(BYTES_AT, levelAt(0), width);
    sink?.(0, this.#view(levelAt(0), width));
    for (let up = 1; up <= level; up++) {
      width = this.#pad(levelAt(up - 1), width, up - 1) / 2;
      this.#nodes(levelAt(up - 1), levelAt(up), width);
      sink?.(up, this.#view(levelAt(up), width));
    }
    return this.#view(levelAt(level), 1).slice();
  }

  /** Puts padding after an odd number of hashes; the even number. */
  #pad(at: number, width: number, level: number): number {
    if (width % 2 === 0) return width;
    this.#bytes.set(zeroHash(level), at + width * HASH_BYTES);
    return width + 1;
  }

  #view(at: number, hashes: number): Uint8Array {
    return this.#bytes.subarray(at, at + hashes * HASH_BYTES);
  }
}

let own: TreeHasher | undefined;

/** This thread's hasher. */
export function treeHasher(): TreeHasher {
  return (own ??= new TreeHasher());
}

/** The fast form of `@assay/vm/treeRoot`'s `hashSubtree`: what roots and commitments are made with. */
export const fastSubtree: SubtreeHasher = (bytes, level) => treeHasher().subtree(bytes, level);

/** Nodes below this level are not kept but hashed again when asked for. */
export const KEPT_LEVEL = 3;

/** Bytes of the hashes that are kept of each level from `KEPT_LEVEL` up to `depth`, for so many bytes of data. */
export function keptBytes(byteLength: number, depth: number): number[] {
  const leaves = Math.ceil(byteLength / LEAF_BYTES);
  return Array.from(
    { length: Math.max(0, depth - KEPT_LEVEL + 1) },
    (_, i) => Math.ceil(leaves / 2 ** (KEPT_LEVEL + i)) * HASH_BYTES,
  );
}

/** The levels from `KEPT_LEVEL` to `depth` of the subtree over these bytes, one after the other, into `target`. */
export function hashKept(bytes: Uint8Array, depth: number, target: Uint8Array): void {
  let end = 0;
  const ends = keptBytes(bytes.length, depth).map((length) => (end += length) - length);
  treeHasher().subtree(bytes, depth, (level, hashes) => {
    const place = level - KEPT_LEVEL;
    if (place < 0) return;
    target.set(hashes, ends[place]);
    ends[place] += hashes.length;
  });
}

/** Cuts a buffer into the levels that it holds. */
export function cutLevels(buffer: Uint8Array, byteLength: number, depth: number): Uint8Array[] {
  let end = 0;
  return keptBytes(byteLength, depth).map((length) => buffer.subarray(end, (end += length)));
}

function keptLevels(bytes: Uint8Array, depth: number): Uint8Array[] {
  const buffer = new Uint8Array(keptBytes(bytes.length, depth).reduce((sum, length) => sum + length, 0));
  hashKept(bytes, depth, buffer);
  return cutLevels(buffer, bytes.length, depth);
}

/**
 * The tree over a tensor's bytes, as `tensorTree` of `@assay/vm/tree`: `data` may be shorter than `byteLength`, the
 * rest is zeros. What it keeps, a sixteenth of the bytes, is computed when first asked for, or given.
 */
export function fastTree(data: Uint8Array, byteLength = data.length, known?: readonly Uint8Array[]): HashTree {
  const count = leafCount(byteLength);
  const depth = depthOf(count);
  const bytes = data.subarray(0, LEAF_BYTES * 2 ** depth);
  let levels = known;
  return {
    count,
    depth,
    node: (level, index) => {
      const start = index * 2 ** level * LEAF_BYTES;
      if (start >= bytes.length) return zeroHash(level);
      if (level < KEPT_LEVEL)
        return treeHasher().subtree(bytes.subarray(start, start + 2 ** level * LEAF_BYTES), level);
      levels ??= keptLevels(bytes, depth);
      return levels[level - KEPT_LEVEL].subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    },
  };
}
