/**
 * What is hashed of a trace at one time, by any thread: about a mebibyte of a tensor's tree, or of the trees of its rows where it
 * lies in a row group; and where the hashes go.
 */
import { bitsOf, isDType, type Description } from "@assay/vm";
import { elementsDepth } from "@assay/vm/rowGroup";
import { widthOf } from "@assay/vm/tensor";
import { depthOf, LEAF_BYTES, leafCount } from "@assay/vm/tree";
import { HASH_BYTES, HIGHEST_LOW, levelsBytes } from "./hasher.ts";
import type { Part } from "./parts.ts";
import { cutLevels, KEPT_LEVEL } from "./treeHasher.ts";

/** Levels above the leaves of what is hashed at one time: a mebibyte. */
export const PART_LEVEL = 13;
const PART_BYTES = LEAF_BYTES * 2 ** PART_LEVEL;

/** A part, and what becomes of its hashes, behind which others may lie. */
export interface Share extends Part {
  readonly take: (hashes: Uint8Array) => void;
}

/** A tensor of at least a byte in parts of a mebibyte: they fill the levels that its tree keeps, up to `PART_LEVEL`. */
export function tensorShares(data: Uint8Array, depth: number, levels: readonly Uint8Array[]): Share[] {
  const level = Math.min(depth, PART_LEVEL);
  const shares: Share[] = [];
  for (let start = 0; start < data.length; start += PART_BYTES) {
    const bytes = data.subarray(start, start + PART_BYTES);
    const take = (hashes: Uint8Array): void =>
      cutLevels(hashes, bytes.length, level).forEach((nodes, i) =>
        levels[i].set(nodes, (start / LEAF_BYTES / 2 ** (KEPT_LEVEL + i)) * HASH_BYTES),
      );
    shares.push({ bytes, each: bytes.length, low: KEPT_LEVEL, level, take });
  }
  return shares;
}

/** The rows of a tensor in a row group: the roots of their trees, once all shares have been taken. */
export interface SharedRows {
  readonly roots: Uint8Array;
  readonly shares: readonly Share[];
}

/** A tensor's rows in shares; undefined where they do not lie one after the other, whole. */
export function rowShares(data: Uint8Array, description: Description): SharedRows | undefined {
  const { dtype, rows } = description;
  const bits = isDType(dtype) ? bitsOf(dtype) * widthOf(description) : 0;
  const each = bits / 8;
  if (bits === 0 || bits % 8 !== 0 || data.length < rows * each) return undefined;
  const depth = elementsDepth(description);
  const roots = new Uint8Array(rows * HASH_BYTES);
  const most = Math.max(1, Math.floor(PART_BYTES / each));
  const shares: Share[] = [];
  for (let row = 0; row < rows; row += most) {
    const bytes = data.subarray(row * each, Math.min(rows, row + most) * each);
    const own = roots.subarray(row * HASH_BYTES, Math.min(rows, row + most) * HASH_BYTES);
    shares.push(each === LEAF_BYTES * 2 ** depth ? together(bytes, depth, own) : apart(bytes, each, depth, own));
  }
  return { roots, shares };
}

/** Rows that fill their leaves, and those their trees: subtrees of one tree over all of them, whose nodes at `depth` they are. */
function together(bytes: Uint8Array, depth: number, roots: Uint8Array): Share {
  const low = Math.min(depth, HIGHEST_LOW);
  const before = levelsBytes(bytes.length, low, depth - 1);
  const take = (hashes: Uint8Array): void => roots.set(hashes.subarray(before, before + roots.length));
  return { bytes, each: bytes.length, low, level: depthOf(leafCount(bytes.length)), take };
}

/** Rows of `each` bytes, a tree each. */
function apart(bytes: Uint8Array, each: number, depth: number, roots: Uint8Array): Share {
  const low = Math.min(depth, HIGHEST_LOW);
  const length = levelsBytes(each, low, depth);
  const take = (hashes: Uint8Array): void => {
    for (let at = 0, end = length; at < roots.length; at += HASH_BYTES, end += length)
      roots.set(hashes.subarray(end - HASH_BYTES, end), at);
  };
  return { bytes, each, low, level: depth, take };
}

/** Shares in groups of about a mebibyte: a message costs, too. */
export function inJobs(shares: readonly Share[]): Share[][] {
  const jobs: Share[][] = [];
  let size = PART_BYTES;
  for (const share of shares) {
    if (size + share.bytes.length > PART_BYTES) {
      jobs.push([]);
      size = 0;
    }
    jobs[jobs.length - 1].push(share);
    size += share.bytes.length;
  }
  return jobs;
}
