/**
 * The fast tree hasher: the same hashes as `@assay/vm/tree`, by the native library's keccak where it is built, by
 * WebAssembly's otherwise.
 */
import { LEAF_BYTES, depthOf, leafCount, zeroHash, type HashTree } from "@assay/vm/tree";
import type { TensorHasher } from "@assay/vm/treeRoot";
import type { Backend } from "../backend.ts";
import { host } from "../host.ts";
import { EngineError } from "../plan/memory.ts";
import { HASH_BYTES, levelBytes, levelsBytes, type TreeHasher } from "./hasher.ts";
import { WasmHasher } from "./wasmHasher.ts";

const own = new Map<Backend, TreeHasher>();

/** This thread's hasher. Throws NO_BACKEND where the native one is asked for and is not there. */
export function treeHasher(backend: Backend = "auto"): TreeHasher {
  const made = own.get(backend) ?? make(backend);
  own.set(backend, made);
  return made;
}

function make(backend: Backend): TreeHasher {
  if (backend === "wasm") return new WasmHasher();
  const native = host().nativeHasher();
  if (!("absent" in native)) return native;
  if (backend === "native") throw new EngineError("NO_BACKEND", `no native hasher: ${native.absent}`);
  return treeHasher("wasm");
}

/** The fast form of `plainHasher`: what roots and commitments are made with. */
export const fastHasher: TensorHasher = {
  hash: (message) => treeHasher().hash(message),
  subtree: (bytes, level) => treeHasher().subtree(bytes, level),
};

/** Nodes below this level are not kept but hashed again when asked for. */
export const KEPT_LEVEL = 3;

/** Bytes of the hashes that are kept of each level from `KEPT_LEVEL` up to `depth`, for so many bytes of data. */
export function keptBytes(byteLength: number, depth: number): number[] {
  return Array.from({ length: Math.max(0, depth - KEPT_LEVEL + 1) }, (_, i) => levelBytes(byteLength, KEPT_LEVEL + i));
}

/** Cuts a buffer into the levels that it holds. */
export function cutLevels(buffer: Uint8Array, byteLength: number, depth: number): Uint8Array[] {
  let end = 0;
  return keptBytes(byteLength, depth).map((length) => buffer.subarray(end, (end += length)));
}

function keptLevels(bytes: Uint8Array, depth: number, hasher: TreeHasher): Uint8Array[] {
  const buffer = new Uint8Array(levelsBytes(bytes.length, KEPT_LEVEL, depth));
  hasher.levels(bytes, KEPT_LEVEL, depth, buffer);
  return cutLevels(buffer, bytes.length, depth);
}

/**
 * The tree over a tensor's bytes, as `tensorTree` of `@assay/vm/tree`: `data` may be shorter than `byteLength`, the
 * rest is zeros. What it keeps, a sixteenth of the bytes, is computed when first asked for, or given.
 */
export function fastTree(
  data: Uint8Array,
  byteLength = data.length,
  known?: readonly Uint8Array[],
  hasher = treeHasher(),
): HashTree {
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
      if (level < KEPT_LEVEL) return hasher.subtree(bytes.subarray(start, start + 2 ** level * LEAF_BYTES), level);
      levels ??= keptLevels(bytes, depth, hasher);
      return levels[level - KEPT_LEVEL].subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    },
  };
}
