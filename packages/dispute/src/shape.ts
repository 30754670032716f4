/** What a game stores of the tensor it is in. Twin of TensorShape.sol, as far as a player reads it back. */
import { isDType } from "@assay/vm/dtype";
import { leavesOf } from "@assay/vm/tensor";
import { depthOf } from "@assay/vm/tree";

/** Depth of the tree of a tensor, from its packed shape; 0 for no tensor. */
export function shapeDepth(shape: bigint): number {
  const dtype = Number(shape & 0xffn);
  const count = Number((shape >> 8n) & 0xffffffffffn);
  if (!isDType(dtype)) return 0;
  return depthOf(leavesOf({ dtype, count, rows: 0, groupStart: 0, groupEnd: 0 }));
}
