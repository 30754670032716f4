/** Parts of trees as a thread hashes them: subtrees of equal size, and which of their levels are wanted. */
import { levelsBytes, type TreeHasher } from "./hasher.ts";

/** Subtrees to be hashed, their bytes one after the other. */
export interface Part {
  readonly bytes: Uint8Array;
  /** Bytes of each subtree, at least one: those of all are so many times as many. */
  readonly each: number;
  /** The levels that are wanted, from `low`, at most `HIGHEST_LOW`, to that of the root. */
  readonly low: number;
  readonly level: number;
}

/** Bytes of the wanted hashes. */
export const wantedBytes = ({ bytes, each, low, level }: Part): number =>
  (bytes.length / each) * levelsBytes(each, low, level);

/** Hashes parts: the wanted levels of each subtree, one after the other. */
export function hashParts(parts: readonly Part[], hasher: TreeHasher): Uint8Array<ArrayBuffer> {
  const hashes = new Uint8Array(parts.reduce((sum, part) => sum + wantedBytes(part), 0));
  let at = 0;
  for (const { bytes, each, low, level } of parts) {
    const length = levelsBytes(each, low, level);
    for (let start = 0; start < bytes.length; start += each, at += length) {
      hasher.levels(bytes.subarray(start, start + each), low, level, hashes.subarray(at, at + length));
    }
  }
  return hashes;
}
