/**
 * The arithmetic of publishing accumulators: a segment is a run of steps [from, to) of one element's reduction, cut at
 * equal spacing, the last piece perhaps shorter. Packed with the element it leads to. Twin of Reduction.sol.
 */
import { concat } from "@assay/vm/bytes";
import type { Hash } from "@assay/vm/hash";

export interface Segment {
  /** The element as committed: its bytes, at most 8, a 4-bit element one byte. */
  readonly stored: Uint8Array;
  /** The element's place in its block. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

/** The segment as the 32 bytes that a game stands on. */
export function packSegment({ stored, offset, from, to }: Segment): Hash {
  const word = (BigInt(offset) << 80n) | (BigInt(from) << 40n) | BigInt(to);
  const bytes = concat(stored, new Uint8Array(32 - stored.length));
  for (let i = 31, rest = word; i >= 16; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

/** The segment in 32 bytes; `stored` keeps 8 bytes, zeros at the end included. */
export function unpackSegment(bytes: Hash): Segment {
  const uint = (start: number, end: number): number =>
    bytes.slice(start, end).reduce((value, byte) => value * 256 + byte, 0);
  return { stored: bytes.slice(0, 8), offset: uint(20, 22), from: uint(22, 27), to: uint(27, 32) };
}

/** The name of a segment within its claim, given the place of its block. */
export function segmentKey(segment: Segment, place: bigint): bigint {
  return (place << 96n) | (BigInt(segment.offset) << 80n) | (BigInt(segment.from) << 40n) | BigInt(segment.to);
}

/** Steps between two cuts of a segment. */
export function spacingOf({ from, to }: Segment, most: number): number {
  return Math.ceil((to - from) / most);
}

/** Piece `index` of a segment, from 0. */
export function pieceOf(segment: Segment, index: number, most: number): Segment {
  const spacing = spacingOf(segment, most);
  const from = segment.from + index * spacing;
  return { ...segment, from, to: Math.min(from + spacing, segment.to) };
}

/** Steps after which the publication of a segment has snapshots: the inner cuts; of the whole reduction also its end. */
export function cutsOf(segment: Segment, most: number, extent: number): number[] {
  const spacing = spacingOf(segment, most);
  const cuts: number[] = [];
  for (let step = segment.from + spacing; step < segment.to; step += spacing) cuts.push(step);
  return segment.to - segment.from === extent ? [...cuts, segment.to] : cuts;
}
