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

/** Levels that an answer opens under a node of this height. */
export function groupLevels(height: number, { arityLog2 }: Pick<Rules, "arityLog2">): number {
  return Math.min(height, arityLog2);
}

/** Call and position of each output. */
export function outputPlaces(header: Uint8Array, calls: number): { call: number; position: number }[] {
  return decodeHeader(header).outputs.map((position) => ({ call: calls - 1, position }));
}

/** Row-major index of the element at an offset of a leaf. */
export function elementOf(dtype: DType, leaf: number, offset: number): number {
  return leaf * elementsPerLeaf(dtype) + offset;
}
