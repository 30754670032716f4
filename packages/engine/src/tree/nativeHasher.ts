/** Trees by the native library's keccak: a tensor's in one call, its bytes hashed where they lie. */
import { keccak, type Hash } from "@assay/vm/hash";
import { zeroHash } from "@assay/vm/tree";
import { chooseSet } from "../native/kernels.ts";
import { nativeLibrary, type Absent, type InstructionSet, type NativeLibrary } from "../native/library.ts";
import { HASH_BYTES, HIGHEST_LOW, levelsBytes, SHORT_BYTES, type TreeHasher } from "./hasher.ts";

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
  /** The hashes that lead to a root; it grows. */
  #hashes = new Uint8Array(4096);
  /** The hashes of padding by level; it grows. */
  #zeros = new Uint8Array(0);

  constructor(library: NativeLibrary, set: InstructionSet) {
    this.name = `native ${set.name}`;
    this.#library = library;
    this.#set = set.index;
  }

  hash(message: Uint8Array): Hash {
    if (message.length > SHORT_BYTES) return keccak(message);
    const hash = new Uint8Array(HASH_BYTES);
    this.#library.hashMessage(this.#set, message, message.length, hash);
    return hash;
  }

  subtree(bytes: Uint8Array, level: number): Hash {
    if (bytes.length === 0) return zeroHash(level);
    const low = Math.min(level, HIGHEST_LOW);
    const length = levelsBytes(bytes.length, low, level);
    if (this.#hashes.length < length) this.#hashes = new Uint8Array(length);
    this.levels(bytes, low, level, this.#hashes);
    return this.#hashes.slice(length - HASH_BYTES, length);
  }

  levels(bytes: Uint8Array, low: number, level: number, to: Uint8Array): void {
    this.#library.hashTree(this.#set, bytes, bytes.length, low, level, this.#zerosBelow(level), to);
  }

  climb(nodes: Uint8Array, from: number, level: number, to: Uint8Array): void {
    this.#library.hashClimb(this.#set, nodes, nodes.length / HASH_BYTES, from, level, this.#zerosBelow(level), to);
  }

  #zerosBelow(level: number): Uint8Array {
    const held = this.#zeros.length / HASH_BYTES;
    if (held >= level) return this.#zeros;
    const zeros = new Uint8Array(level * HASH_BYTES);
    for (let at = 0; at < level; at++) zeros.set(zeroHash(at), at * HASH_BYTES);
    return (this.#zeros = zeros);
  }
}
