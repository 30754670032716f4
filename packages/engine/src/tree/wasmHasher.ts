/** Trees by keccak in WebAssembly, through a small memory into which bytes go 512 leaves at a time. */
import { LEAF_BYTES, zeroHash } from "@assay/vm/tree";
import { keccak, type Hash } from "@assay/vm/hash";
import { compileModule, createMemory, instantiate, type CompiledModule, type Memory } from "../wasm/webAssembly.ts";
import { HASH_BYTES, levelBytes, levelsBytes, SHORT_BYTES, type TreeHasher } from "./hasher.ts";
import { BLOCK_BYTES, keccakModule, roundConstants } from "./keccak.ts";

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
  readonly #blocks: Hashing;

  constructor() {
    compiled ??= compileModule(keccakModule());
    this.#memory = createMemory({ initial: MEMORY_PAGES });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    new BigUint64Array(this.#memory.buffer).set(roundConstants());
    const functions = instantiate<Record<"leaves" | "nodes" | "blocks", Hashing>>(compiled, this.#memory);
    this.#leaves = functions.leaves;
    this.#nodes = functions.nodes;
    this.#blocks = functions.blocks;
  }

  hash(message: Uint8Array): Hash {
    if (message.length > SHORT_BYTES) return keccak(message);
    this.#bytes.fill(0, BYTES_AT, BYTES_AT + BLOCK_BYTES);
    this.#bytes.set(message, BYTES_AT);
    this.#bytes[BYTES_AT + message.length] = 0x01;
    this.#bytes[BYTES_AT + BLOCK_BYTES - 1] |= 0x80;
    this.#blocks(BYTES_AT, levelAt(0), 1);
    return this.#view(levelAt(0), HASH_BYTES).slice();
  }

  subtree(bytes: Uint8Array, level: number): Hash {
    if (bytes.length === 0) return zeroHash(level);
    if (level <= CHUNK_LEVEL) {
      this.#chunk(bytes, level);
      return this.#view(levelAt(level), HASH_BYTES).slice();
    }
    const hashes = new Uint8Array(levelsBytes(bytes.length, CHUNK_LEVEL, level));
    this.levels(bytes, CHUNK_LEVEL, level, hashes);
    return hashes.slice(-HASH_BYTES);
  }

  levels(bytes: Uint8Array, low: number, level: number, to: Uint8Array): void {
    const top = Math.min(level, CHUNK_LEVEL);
    const starts: number[] = [];
    for (let at = low; at <= level + 1; at++) starts[at] = levelsBytes(bytes.length, low, at - 1);
    for (let i = 0; i * CHUNK_BYTES < bytes.length; i++) {
      const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      this.#chunk(chunk, top);
      for (let at = low; at <= top; at++)
        to.set(this.#view(levelAt(at), levelBytes(chunk.length, at)), starts[at] + i * 2 ** (top - at) * HASH_BYTES);
    }
    if (level > top) this.climb(to.subarray(starts[top], starts[top + 1]), top, level, to.subarray(starts[top + 1]));
  }

  climb(nodes: Uint8Array, from: number, level: number, to: Uint8Array): void {
    for (; from < level; from++) {
      const length = Math.ceil(nodes.length / HASH_BYTES / 2) * HASH_BYTES;
      for (let at = 0; at < nodes.length; at += CHUNK_BYTES) {
        const part = nodes.subarray(at, at + CHUNK_BYTES);
        this.#bytes.set(part, BYTES_AT);
        const width = this.#pad(BYTES_AT, part.length / HASH_BYTES, from) / 2;
        this.#nodes(BYTES_AT, levelAt(0), width);
        to.set(this.#view(levelAt(0), width * HASH_BYTES), at / 2);
      }
      nodes = to.subarray(0, length);
      to = to.subarray(length);
    }
  }

  /** Hashes at most 512 leaves into the memory's levels, up to `level`. */
  #chunk(bytes: Uint8Array, level: number): void {
    let width = Math.ceil(bytes.length / LEAF_BYTES);
    this.#bytes.set(bytes, BYTES_AT);
    // The rest of the last leaf, and the leaf that an odd count reads beyond it.
    this.#bytes.fill(0, BYTES_AT + bytes.length, BYTES_AT + (width + 1) * LEAF_BYTES);
    this.#leaves(BYTES_AT, levelAt(0), width);
    for (let up = 1; up <= level; up++) {
      width = this.#pad(levelAt(up - 1), width, up - 1) / 2;
      this.#nodes(levelAt(up - 1), levelAt(up), width);
    }
  }

  /** Puts padding after an odd number of hashes; the even number. */
  #pad(at: number, width: number, level: number): number {
    if (width % 2 === 0) return width;
    this.#bytes.set(zeroHash(level), at + width * HASH_BYTES);
    return width + 1;
  }

  #view(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at, at + length);
  }
}
