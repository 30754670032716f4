/**
 * Sizes of a trace as the game sees them, from the program's header and the number of calls alone. Twin of Lists.sol.
 */
import { decodeHeader, positionsOfCall } from "@assay/vm/header";
import type { DType } from "@assay/vm/dtype";
import { elementsPerLeaf } from "@assay/vm/tensor";
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

/** Row-major index of the element at an offset of a block. */
export function elementOf(dtype: DType, block: number, offset: number): number {
  return block * elementsPerLeaf(dtype) * 2 ** BLOCK_LOG2 + offset;
}
