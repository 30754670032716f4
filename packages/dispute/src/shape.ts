/** What a game stores of the tensor it is in. Twin of TensorShape.sol, as far as a player reads it back. */
import { isDType } from "@assay/vm/dtype";
import { elementsDepth } from "@assay/vm/rowGroup";

/** Depth of the tree of a tensor, or of its cells, from its packed shape; 0 for no tensor. */
export function shapeDepth(shape: bigint): number {
  const field = (from: bigint, bits: bigint): number => Number((shape >> from) & ((1n << bits) - 1n));
  const dtype = field(0n, 8n);
  if (!isDType(dtype)) return 0;
  const [count, rows] = [field(8n, 40n), field(48n, 40n)];
  return elementsDepth({ dtype, count, rows, groupStart: field(88n, 32n), groupEnd: field(120n, 32n) });
}
