/**
 * What threads hash of a trace: about a mebibyte at a time of a tensor's tree, or of the trees of its rows where it lies in a
 * row group; and where the hashes go.
 */
import { LEAF_BYTES } from "@assay/vm/tree";
import type { Part } from "./hashThreads.ts";
import { HASH_BYTES, HIGHEST_LOW, levelsBytes } from "./hasher.ts";
import { cutLevels, KEPT_LEVEL } from "./treeHasher.ts";

/** Levels above the leaves of what one thread hashes at a time: a mebibyte. */
export const PART_LEVEL = 13;
const PART_BYTES = LEAF_BYTES * 2 ** PART_LEVEL;

/** A part, and what becomes of its hashes. */
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

/** Rows of `each` bytes, at least one, that lie one after the other: the roots of their trees, which have `depth` levels. */
export function rowShares(data: Uint8Array, each: number, depth: number, roots: Uint8Array): Share[] {
  const low = Math.min(depth, HIGHEST_LOW);
  const length = levelsBytes(each, low, depth);
  const stretch = Math.max(1, Math.floor(PART_BYTES / each)) * each;
  const shares: Share[] = [];
  for (let start = 0; start < data.length; start += stretch) {
    const bytes = data.subarray(start, start + stretch);
    const take = (hashes: Uint8Array): void => {
      const first = start / each;
      for (let i = 0; i < bytes.length / each; i++) {
        const root = hashes.subarray((i + 1) * length - HASH_BYTES, (i + 1) * length);
        roots.set(root, (first + i) * HASH_BYTES);
      }
    };
    shares.push({ bytes, each, low, level: depth, take });
  }
  return shares;
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
