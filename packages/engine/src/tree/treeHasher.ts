/**
 * The fast tree hasher: the same hashes as `@assay/vm/tree`, by the native library's keccak where it is built, by
 * WebAssembly's otherwise.
 */
import { LEAF_BYTES, depthOf, leafCount, zeroHash, type HashTree } from "@assay/vm/tree";
import type { SubtreeHasher } from "@assay/vm/treeRoot";
import type { Backend } from "../backend.ts";
import { host } from "../host.ts";
import { EngineError } from "../plan/memory.ts";
import { HASH_BYTES, type TreeHasher } from "./hasher.ts";
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

/** A hasher in the form of `@assay/vm/treeRoot`'s `hashSubtree`. */
export function subtreeHasher(hasher: TreeHasher): SubtreeHasher {
  return (bytes, level) => hasher.subtree(bytes, level);
}

/** The fast form of `hashSubtree`: what roots and commitments are made with. */
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
export function hashKept(bytes: Uint8Array, depth: number, target: Uint8Array, hasher = treeHasher()): void {
  let end = 0;
  const ends = keptBytes(bytes.length, depth).map((length) => (end += length) - length);
  hasher.subtree(bytes, depth, (level, hashes) => {
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

function keptLevels(bytes: Uint8Array, depth: number, hasher: TreeHasher): Uint8Array[] {
  const buffer = new Uint8Array(keptBytes(bytes.length, depth).reduce((sum, length) => sum + length, 0));
  hashKept(bytes, depth, buffer, hasher);
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
