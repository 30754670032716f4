/**
 * The root of a tensor's tree from its bytes in pieces, so that a tensor of any size costs little memory: each piece is
 * hashed to the node above its leaves, and those nodes to the root.
 */
import { keccak, type Hash } from "./hash.ts";
import { depthOf, LEAF_BYTES, leafCount, rootOf, tensorTree, zeroHash } from "./tree.ts";

/** What hashes tensors; faster implementations have the same hashes. */
export interface TensorHasher {
  /** keccak256 of a message. */
  hash(message: Uint8Array): Hash;
  /** The node `level` above the leaves of `bytes`, which are at most 128 · 2^level; what is missing is zeros. */
  subtree(bytes: Uint8Array, level: number): Hash;
}

/** The hasher that needs nothing. */
export const plainHasher: TensorHasher = {
  hash: (message) => keccak(message),
  subtree: (bytes, level) => rootOf(tensorTree(bytes, LEAF_BYTES * 2 ** level)),
};

/** Levels above the leaves of a piece. */
const PIECE_LEVEL = 13;
/** Bytes of a piece: 1 MiB. */
export const PIECE_BYTES = LEAF_BYTES * 2 ** PIECE_LEVEL;

/**
 * The root of the tree over `byteLength` bytes. `pieces` are those bytes cut every `PIECE_BYTES`; bytes that the pieces
 * lack at the end are zeros. A piece is used before the next is asked for, so one buffer may carry them all.
 */
export function rootOfPieces(
  pieces: Iterable<Uint8Array>,
  byteLength: number,
  hasher: TensorHasher = plainHasher,
): Hash {
  const depth = depthOf(leafCount(byteLength));
  let level = Math.min(depth, PIECE_LEVEL);
  let nodes: Hash[] = [];
  for (const piece of pieces) nodes.push(hasher.subtree(piece.subarray(0, LEAF_BYTES * 2 ** level), level));
  if (nodes.length === 0) return zeroHash(depth);
  for (; level < depth; level++) {
    const zero = zeroHash(level);
    nodes = Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) =>
      keccak(nodes[2 * i], nodes[2 * i + 1] ?? zero),
    );
  }
  return nodes[0];
}
