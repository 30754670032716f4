/**
 * All that the chain needs to know of a tensor before its root, the twin of `contracts/vm/TensorShape.sol`: a geometry
 * packed in one word, which is the result of a step whose part is the shape.
 */
import { ByteWriter } from "./bytes.ts";
import type { Geometry, InvalidGeometry } from "./record.ts";
import type { Description } from "./tensor.ts";

/** Bits of the fields from the lowest: dtype, count, rows, groupStart, groupEnd, extent, four accumulator types. */
const WIDTHS = [8, 40, 40, 32, 32, 40, 8, 8, 8, 8];

/** The packed shape of a node in one call, 32 bytes. */
export function packShape(geometry: Geometry | InvalidGeometry): Uint8Array {
  if (!geometry.valid || geometry.record.kind === "map") return packDescription(geometry.description);
  return packDescription(geometry.description, geometry.extent, geometry.record.accumulators);
}

/** The packed shape of a tensor with this description, 32 bytes. */
export function packDescription(
  { dtype, count, rows, groupStart, groupEnd }: Description,
  extent = 0,
  accumulators: readonly number[] = [],
): Uint8Array {
  const fields = [dtype, count, rows, groupStart, groupEnd, extent, ...accumulators];
  let word = 0n;
  let shift = 0n;
  fields.forEach((field, i) => {
    word |= BigInt(field) << shift;
    shift += BigInt(WIDTHS[i]);
  });
  return new ByteWriter().u256(word).bytes;
}
