/** The trees of row groups by the fast hasher: those of a tensor's rows, side by side, and the list of a group's cells. */
import { byteLength, isDType, type Description } from "@assay/vm";
import { elementsDepth, rowBytes } from "@assay/vm/rowGroup";
import { leavesOf, widthOf } from "@assay/vm/tensor";
import { depthOf, LEAF_BYTES, zeroHash, type HashTree } from "@assay/vm/tree";
import { HASH_BYTES, levelsBytes, type TreeHasher } from "./hasher.ts";
import { fastTree, KEPT_LEVEL } from "./treeHasher.ts";

/** The trees over the rows of a tensor in a row group. Roots are kept; what lies below is hashed again where asked for. */
export function fastRows(data: Uint8Array, description: Description, hasher: TreeHasher): HashTree {
  const { dtype, rows } = description;
  const depth = elementsDepth(description);
  const length = isDType(dtype) ? byteLength(dtype, widthOf(description)) : 0;
  const tree = (row: number): HashTree => fastTree(rowBytes(data, description, row), length, undefined, hasher);
  const roots: Uint8Array[] = [];
  const rootOf = (row: number): Uint8Array => {
    const bytes = rowBytes(data, description, row);
    if (bytes.length === 0) return zeroHash(depth);
    return depth <= KEPT_LEVEL ? hasher.subtree(bytes, depth) : tree(row).node(depth, 0);
  };
  return {
    count: leavesOf(description),
    depth,
    node: (level, index) => {
      if (level === depth) return index < rows ? (roots[index] ??= rootOf(index)) : zeroHash(depth);
      const width = 2 ** (depth - level);
      return tree(Math.floor(index / width)).node(level, index % width);
    },
  };
}

/** The tree over a list of hashes, at least one. */
export function fastList(leaves: readonly Uint8Array[], hasher: TreeHasher): HashTree {
  const depth = depthOf(leaves.length);
  const nodes = new Uint8Array(leaves.length * HASH_BYTES);
  leaves.forEach((leaf, i) => nodes.set(leaf, i * HASH_BYTES));
  const above = new Uint8Array(levelsBytes(leaves.length * LEAF_BYTES, 1, depth));
  hasher.climb(nodes, 0, depth, above);
  const levels = [nodes];
  for (let level = 1, at = 0; level <= depth; level++) {
    const end = at + Math.ceil(leaves.length / 2 ** level) * HASH_BYTES;
    levels.push(above.subarray(at, end));
    at = end;
  }
  return {
    count: leaves.length,
    depth,
    node: (level, index) => {
      const hash = levels[level].subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
      return hash.length > 0 ? hash : zeroHash(level);
    },
  };
}
