/**
 * Slices of a quantised tensor chosen by indices, as floats: (q - zero point) · scale, with a scale for each block along an
 * axis. In bytes, elements of 4 bits lie two by two along the last axis, the first in the low bits.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { dequantised } from "../../lowering/quantisation.ts";
import { FLOATS } from "../../lowering/types.ts";
import type { NodeCode } from "../../nodeCode.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";

export const GatherBlockQuantized: Operator = {
  name: "GatherBlockQuantized",
  domain: MICROSOFT,
  inputs: [3, 4],
  lower(node) {
    const { attributes, graph } = node;
    const data = node.input(0, DType.UINT8, DType.INT4, DType.UINT4);
    const indices = node.input(1, DType.INT32, DType.INT64);
    const scales = node.input(2, ...FLOATS);
    const zeros = node.optional(3, data.dtype);
    const rank = data.shape.length;
    const axis = node.axis(attributes.int("gather_axis", 0), rank);
    const along = node.axis(attributes.int("quantize_axis", 1), rank);
    const bits = attributes.int("bits", 4);
    const block = attributes.int("block_size", 128);
    check(block >= 16 && block <= 2 ** 20 && (block & (block - 1)) === 0, "BAD_ATTRIBUTE", `block_size is ${block}`);
    const bytes = data.dtype === DType.UINT8;
    check(bits === 4 || (bits === 8 && bytes), "UNSUPPORTED", `elements of ${bits} bits`);
    const packed = bytes && bits === 4;
    check(!bytes || (along === rank - 1 && axis !== along), "UNSUPPORTED", "bytes along an axis other than the last");
    const shape = data.shape.map((size, i) => (packed && i === rank - 1 ? size.mul(2) : size));
    const blocks = shape.map((size, i) => (i === along ? size.ceilDiv(block) : size));
    const check4 = (value: TensorValue, wanted: readonly Dimension[], name: string) => {
      node.rank(value, rank, name);
      wanted.forEach((size, i) => node.equalSizes(value.shape[i], size, `${name}, axis ${i}`));
    };
    check4(scales, blocks, "scales");
    const zeroShape = blocks.map((size, i) => (packed && i === rank - 1 ? size.ceilDiv(2) : size));
    if (zeros !== undefined) check4(zeros, zeroShape, "zero points");

    /** Element at a place of a tensor whose last axis may be packed. */
    const element = (code: NodeCode, tensor: TensorValue, place: readonly Value[]): Value => {
      if (!packed) return code.read(tensor, code.linearIndex(tensor.shape, place));
      const [byte, nibble] = code.divide(place[rank - 1], 2);
      const word = code.read(tensor, code.linearIndex(tensor.shape, [...place.slice(0, -1), byte]));
      return code.and(code.ushr(word, code.imul(nibble, code.constant(4))), code.constant(15));
    };
    const count = indices.shape.length;
    return graph.map(scales.dtype, [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)], (code) => {
      const at = code.coordinates();
      const index = code.read(indices, code.linearIndex(indices.shape, at.slice(axis, axis + count)));
      const size = shape[axis];
      const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.size(size)), index);
      const inside = code.within(wrapped, size);
      const row = code.select(inside, wrapped, code.constant(0));
      const place = [...at.slice(0, axis), row, ...at.slice(axis + count)];
      const group = place.map((coordinate, i) =>
        i === along ? code.udiv(coordinate, code.constant(block)) : coordinate,
      );
      const scale = code.read(scales, code.linearIndex(blocks, group));
      // Without zero points bytes are centred; 4-bit types are as they are.
      const middle = bytes ? code.constant(2 ** (bits - 1)) : undefined;
      const zero = zeros === undefined ? middle : element(code, zeros, group);
      return code.select(inside, dequantised(code, element(code, data, place), scale, zero), code.constant(0));
    });
  },
};
