/** The trees of row groups by the fast hasher: those of a tensor's rows, side by side, and the list of a group's cells. */
import { byteLength, isDType, type Description } from "@assay/vm";
import { elementsDepth, NO_CELLS, rowBytes } from "@assay/vm/rowGroup";
import { leavesOf, widthOf } from "@assay/vm/tensor";
import { depthOf, LEAF_BYTES, zeroHash, type HashTree } from "@assay/vm/tree";
import { HASH_BYTES, levelBytes, levelsBytes, type TreeHasher } from "./hasher.ts";
import { hashParts } from "./parts.ts";
import { rowShares } from "./shares.ts";
import { fastTree } from "./treeHasher.ts";

/** The trees over the rows of a tensor in a row group. Roots are kept, or given; what lies below is hashed again where asked for. */
export function fastRows(data: Uint8Array, description: Description, hasher: TreeHasher, known?: Uint8Array): HashTree {
  const { dtype, rows } = description;
  const depth = elementsDepth(description);
  const length = isDType(dtype) ? byteLength(dtype, widthOf(description)) : 0;
  const tree = (row: number): HashTree => fastTree(rowBytes(data, description, row), length, undefined, hasher);
  const hashRows = (): Uint8Array => {
    const shared = rowShares(data, description);
    for (const share of shared?.shares ?? []) share.take(hashParts([share], hasher));
    return shared?.roots ?? rootsOf(rows, (row) => tree(row).node(depth, 0));
  };
  let roots = known;
  return {
    count: leavesOf(description),
    depth,
    node: (level, index) => {
      const width = 2 ** (depth - level);
      if (level < depth) return tree(Math.floor(index / width)).node(level, index % width);
      if (index >= rows) return zeroHash(depth);
      roots ??= hashRows();
      return hashIn(roots, index);
    },
  };
}

function rootsOf(rows: number, rootOf: (row: number) => Uint8Array): Uint8Array {
  const roots = new Uint8Array(rows * HASH_BYTES);
  for (let row = 0; row < rows; row++) roots.set(rootOf(row), row * HASH_BYTES);
  return roots;
}

/** Hashes of cells that no node fills, one after the other. */
export function emptyCells(count: number): Uint8Array {
  const cells = new Uint8Array(count * HASH_BYTES);
  for (let i = 0; i < count; i++) cells.set(NO_CELLS, i * HASH_BYTES);
  return cells;
}

/** The tree over a list of hashes, at least one, that lie one after the other. */
export function fastList(leaves: Uint8Array, hasher: TreeHasher): HashTree {
  const count = leaves.length / HASH_BYTES;
  const depth = depthOf(count);
  const above = new Uint8Array(levelsBytes(count * LEAF_BYTES, 1, depth));
  hasher.climb(leaves, 0, depth, above);
  const levels = [leaves];
  for (let level = 1, at = 0; level <= depth; level++) {
    const end = at + levelBytes(count * LEAF_BYTES, level);
    levels.push(above.subarray(at, end));
    at = end;
  }
  return {
    count,
    depth,
    node: (level, index) => {
      const hash = hashIn(levels[level], index);
      return hash.length > 0 ? hash : zeroHash(level);
    },
  };
}

const hashIn = (hashes: Uint8Array, index: number): Uint8Array =>
  hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
