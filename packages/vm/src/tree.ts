/**
 * Merkle trees over tensors and lists. A tree has `count` leaves and is padded to a power of two with the hashes of
 * zeros; level 0 is the leaves, level `depth` the root; a node is `keccak(left ‖ right)`. A tree is only a function from
 * (level, index) to a hash, so that a tree of zeros costs nothing and a tree of millions of leaves keeps only part of
 * its nodes.
 */
import { equalBytes } from "./bytes.ts";
import { keccak, NO_HASH, type Hash } from "./hash.ts";

/** Bytes of tensor data under one leaf. */
export const LEAF_BYTES = 128;

/** A padded binary tree of hashes. */
export interface HashTree {
  /** Leaves before padding. */
  readonly count: number;
  /** Levels above the leaves. */
  readonly depth: number;
  /** The hash at `level` (0 = leaves) and `index` (below 2^(depth - level)). */
  node(level: number, index: number): Hash;
}

const zeros: Hash[] = [keccak(new Uint8Array(LEAF_BYTES))];

/** Z_height: the hash of a padding node; Z_0 is the hash of 128 zero bytes. */
export function zeroHash(height: number): Hash {
  while (zeros.length <= height) zeros.push(keccak(zeros[zeros.length - 1], zeros[zeros.length - 1]));
  return zeros[height];
}

/** Levels above `count` leaves: the least d with 2^d ≥ count. */
export function depthOf(count: number): number {
  let depth = 0;
  for (let width = 1; width < count; width *= 2) depth++;
  return depth;
}

/** Leaves of a tensor of `byteLength` bytes: at least one. */
export function leafCount(byteLength: number): number {
  return Math.max(1, Math.ceil(byteLength / LEAF_BYTES));
}

/** The root of a tree. */
export function rootOf(tree: HashTree): Hash {
  return tree.node(tree.depth, 0);
}

/** Siblings of the node at (level, index) up to the root, lowest first. */
export function proofOf(tree: HashTree, index: number, level = 0): Hash[] {
  const proof: Hash[] = [];
  for (; level < tree.depth; level++) {
    proof.push(tree.node(level, index % 2 === 0 ? index + 1 : index - 1));
    index = Math.floor(index / 2);
  }
  return proof;
}

/** The root that a proof leads to from the node with this index among the nodes of its level. */
export function rootFromProof(node: Hash, index: number, proof: readonly Hash[]): Hash {
  for (const sibling of proof) {
    node = index % 2 === 0 ? keccak(node, sibling) : keccak(sibling, node);
    index = Math.floor(index / 2);
  }
  return node;
}

/**
 * The descendants of the node at (level, index) that lie `arityLog2` levels below it, or at the leaves where those are
 * nearer: what a provider publishes when a challenger enters the node.
 */
export function openChildren(tree: HashTree, level: number, index: number, arityLog2: number): Hash[] {
  const below = Math.max(0, level - arityLog2);
  const width = 2 ** (level - below);
  return Array.from({ length: width }, (_, i) => tree.node(below, index * width + i));
}

/** The node above 2^n hashes. */
export function fold(nodes: readonly Hash[]): Hash {
  while (nodes.length > 1) {
    nodes = Array.from({ length: nodes.length / 2 }, (_, i) => keccak(nodes[2 * i], nodes[2 * i + 1]));
  }
  return nodes[0];
}

/** Nodes below this level are not kept but hashed again when asked for. */
const KEPT_LEVEL = 3;

/**
 * The tree over a tensor's bytes, cut into leaves of 128. `bytes` may be shorter than `byteLength`: the rest is zeros
 * and costs nothing. Of the nodes, those three levels above the leaves and higher are kept, a fiftieth of the bytes.
 */
export function tensorTree(bytes: Uint8Array, byteLength = bytes.length): HashTree {
  const count = leafCount(byteLength);
  const depth = depthOf(count);
  const levels: Hash[][] = [];

  const compute = (level: number, index: number): Hash => {
    const start = index * 2 ** level * LEAF_BYTES;
    if (start >= bytes.length) return zeroHash(level);
    if (level > 0) return join(compute(level - 1, 2 * index), compute(level - 1, 2 * index + 1), level);
    return leafHash(bytes.subarray(start, start + LEAF_BYTES));
  };
  const kept = (level: number): Hash[] => {
    if (levels.length === 0) {
      const width = Math.ceil(bytes.length / LEAF_BYTES / 2 ** KEPT_LEVEL);
      levels.push(Array.from({ length: width }, (_, i) => compute(KEPT_LEVEL, i)));
    }
    while (levels.length <= level - KEPT_LEVEL) {
      levels.push(pairUp(levels[levels.length - 1], KEPT_LEVEL + levels.length));
    }
    return levels[level - KEPT_LEVEL];
  };

  return {
    count,
    depth,
    node: (level, index) => (level < KEPT_LEVEL ? compute(level, index) : (kept(level)[index] ?? zeroHash(level))),
  };
}

/** The hash of a leaf, zero-padded to 128 bytes. */
export function leafHash(bytes: Uint8Array): Hash {
  if (bytes.every((byte) => byte === 0)) return zeroHash(0);
  if (bytes.length === LEAF_BYTES) return keccak(bytes);
  const leaf = new Uint8Array(LEAF_BYTES);
  leaf.set(bytes);
  return keccak(leaf);
}

/** The tree over a list of leaf hashes. The root of the empty list is 32 zero bytes. */
export function listTree(leaves: readonly Hash[]): HashTree {
  const depth = depthOf(leaves.length);
  if (leaves.length === 0) return { count: 0, depth, node: () => NO_HASH };
  const levels = [leaves];
  for (let level = 1; level <= depth; level++) levels.push(pairUp(levels[level - 1], level));
  return { count: leaves.length, depth, node: (level, index) => levels[level][index] ?? zeroHash(level) };
}

/** The root of the tree over a list of leaf hashes. */
export function listRoot(leaves: readonly Hash[]): Hash {
  return rootOf(listTree(leaves));
}

/** A node of a tree. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/**
 * `tree` with some nodes replaced: what lies above a replaced node is hashed from it, what lies below stays. So the
 * children of a replaced node need not hash to it: a liar's tree.
 */
export function overlayTree(tree: HashTree, replaced: readonly TreeNode[]): HashTree {
  const nodes = new Map<string, Hash>();
  const at = (level: number, index: number): string => `${level}/${index}`;
  const fresh = [...replaced].sort((a, b) => a.level - b.level);
  for (const { level, index, hash } of fresh) {
    nodes.set(at(level, index), hash);
    const above = fresh.filter((node) => node.level > level);
    let place = index;
    for (let up = level + 1; up <= tree.depth; up++) {
      place = Math.floor(place / 2);
      if (above.some((node) => node.level === up && node.index === place)) break;
      const child = (i: number): Hash => nodes.get(at(up - 1, i)) ?? tree.node(up - 1, i);
      nodes.set(at(up, place), keccak(child(2 * place), child(2 * place + 1)));
    }
  }
  return {
    count: tree.count,
    depth: tree.depth,
    node: (level, index) => nodes.get(at(level, index)) ?? tree.node(level, index),
  };
}

/** Parents of nodes one level below `level`; an odd last one is paired with padding. */
function pairUp(nodes: readonly Hash[], level: number): Hash[] {
  return Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) =>
    join(nodes[2 * i], nodes[2 * i + 1] ?? zeroHash(level - 1), level),
  );
}

/** The node at `level` above two children; padding above padding is known without hashing. */
function join(left: Hash, right: Hash, level: number): Hash {
  const zero = zeroHash(level - 1);
  return (left === zero || left[0] === zero[0]) && equalBytes(left, zero) && equalBytes(right, zero)
    ? zeroHash(level)
    : keccak(left, right);
}
