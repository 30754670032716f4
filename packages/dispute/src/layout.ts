/**
 * Sizes of a trace as the game sees them, from the program's header and the number of calls alone. Twin of Lists.sol.
 */
import { decodeHeader, positionsOfCall } from "@assay/vm/header";
import { isDType } from "@assay/vm/dtype";
import { elementAt, elementsDepth } from "@assay/vm/rowGroup";
import { elementsPerLeaf, type Description } from "@assay/vm/tensor";
import { depthOf } from "@assay/vm/tree";
import type { Rules } from "./state.ts";

/** Levels above the tensors of a call. */
export function callDepth(header: Uint8Array, call: number, calls: number): number {
  return depthOf(positionsOfCall(decodeHeader(header), call, calls));
}

/** log2 of the leaves of a block: the smallest part of a tensor that a game opens. Twin of Block.sol. */
export const BLOCK_LOG2 = 3;

/** Levels that an answer opens: a list is cut into as few groups as the arity allows, as equal as they can be. */
export function groupLevels(height: number, { arityLog2 }: Pick<Rules, "arityLog2">): number {
  if (height <= arityLog2) return height;
  return Math.ceil(height / Math.ceil(height / arityLog2));
}

/** Call and position of each output. */
export function outputPlaces(header: Uint8Array, calls: number): { call: number; position: number }[] {
  return decodeHeader(header).outputs.map((position) => ({ call: calls - 1, position }));
}

/** The first leaf of a block of a tensor. */
export function leafOfBlock(description: Description, block: number): number {
  return block * 2 ** Math.min(BLOCK_LOG2, elementsDepth(description));
}

/** Row-major index of the element at an offset of a block; at or above the tensor's count where that is padding. */
export function elementOf(description: Description, block: number, offset: number): number {
  const each = isDType(description.dtype) ? elementsPerLeaf(description.dtype) : 1;
  return elementAt(description, leafOfBlock(description, block) + Math.floor(offset / each), offset % each);
}
