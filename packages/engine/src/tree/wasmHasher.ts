/** Trees by keccak in WebAssembly, through a small memory into which bytes go 512 leaves at a time. */
import { LEAF_BYTES, zeroHash } from "@assay/vm/tree";
import type { Hash } from "@assay/vm/hash";
import { compileModule, createMemory, instantiate, type CompiledModule, type Memory } from "../wasm/webAssembly.ts";
import { HASH_BYTES, type LevelSink, type TreeHasher } from "./hasher.ts";
import { keccakModule, roundConstants } from "./keccak.ts";

/** Levels above the leaves of what is hashed at a time. */
const CHUNK_LEVEL = 9;
const CHUNK_LEAVES = 2 ** CHUNK_LEVEL;
const CHUNK_BYTES = CHUNK_LEAVES * LEAF_BYTES;

/** Where things lie: constants, then the bytes, then each level's hashes with room for one more. */
const BYTES_AT = 256;
const levelAt = (level: number): number =>
  BYTES_AT + CHUNK_BYTES + LEAF_BYTES + HASH_BYTES * (2 * CHUNK_LEAVES - 2 * 2 ** (CHUNK_LEVEL - level) + level * 2);
const MEMORY_PAGES = 2;

type Hashing = (from: number, to: number, count: number) => void;

let compiled: CompiledModule | undefined;

export class WasmHasher implements TreeHasher {
  readonly name = "wasm";
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
