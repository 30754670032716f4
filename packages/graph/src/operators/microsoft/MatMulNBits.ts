/**
 * A float matrix times weights of 2, 4 or 8 bits: row n of the weights is cut into blocks, each with a scale and a zero
 * point, packed with the first element in the lowest bits. A weight is (q - zero point) · scale; products are summed in the
 * canonical order.
 */
import { DType, type Value } from "@assay/vm";
import { countOf, Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { dotProduct } from "../../lowering/dot.ts";
import { FLOATS } from "../../lowering/types.ts";
import type { NodeCode } from "../../nodeCode.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const MatMulNBits: Operator = {
  name: "MatMulNBits",
  domain: MICROSOFT,
  inputs: [3, 6],
  lower(node) {
    const { attributes, graph } = node;
    const x = node.input(0, ...FLOATS);
    const weights = node.input(1, DType.UINT8);
    const scales = node.input(2, ...FLOATS);
    const zeros = node.optional(3, DType.UINT8, ...FLOATS);
    check(node.optional(4) === undefined, "UNSUPPORTED", "g_idx; export without reordering (desc_act)");
    const bias = node.optional(5, ...FLOATS);
    node.sameType(x, bias);
    const [depth, columns] = [attributes.int("K"), attributes.int("N")];
    const [bits, block] = [attributes.int("bits", 4), attributes.int("block_size")];
    // How exactly to compute is not the node's to say.
    attributes.int("accuracy_level", 0);
    check(attributes.int("weight_prepacked", 0) === 0, "UNSUPPORTED", "weights packed for a device");
    check(bits === 2 || bits === 4 || bits === 8, "UNSUPPORTED", `weights of ${bits} bits`);
    const valid = block >= 16 && block <= 2 ** 20 && (block & (block - 1)) === 0;
    check(valid, "BAD_ATTRIBUTE", `block_size is ${block}, not a power of two from 16`);
    check(
      depth >= 1 && depth < 2 ** 31 && columns >= 1 && columns < 2 ** 31,
      "BAD_ATTRIBUTE",
      `K ${depth}, N ${columns}`,
    );
    const blocks = Math.ceil(depth / block);
    const bytes = (block * bits) / 8;
    const zeroBytes = Math.ceil((blocks * bits) / 8);
    check(x.shape.length >= 1, "SHAPE_MISMATCH", "a scalar is no matrix");
    node.equalSizes(x.shape.at(-1)!, depth, "columns of A");
    node.equalSizes(countOf(weights.shape), columns * blocks * bytes, "bytes of B");
    node.equalSizes(countOf(scales.shape), columns * blocks, "scales");
    const packed = zeros?.dtype === DType.UINT8;
    if (zeros !== undefined) {
      node.equalSizes(countOf(zeros.shape), columns * (packed ? zeroBytes : blocks), "zero points");
    }
    if (bias !== undefined) node.equalSizes(countOf(bias.shape), columns, "the bias");

    /** Element `at` of a row of packed integers that starts at byte `start`. */
    const unpacked = (code: NodeCode, tensor: typeof weights, start: Value, at: Value): Value => {
      const perByte = 8 / bits;
      const [byte, place] = code.divide(at, perByte);
      const word = code.read(tensor, code.iadd(start, byte));
      if (perByte === 1) return word;
      return code.and(code.ushr(word, code.imul(place, code.constant(bits))), code.constant(2 ** bits - 1));
    };
    const last = x.shape.length - 1;
    return graph.reduce(
      x.dtype,
      [...x.shape.slice(0, -1), Dimension.constant(columns)],
      dotProduct({
        dtype: x.dtype,
        extent: Dimension.constant(depth),
        factors(code, k) {
          const place = code.coordinates();
          const column = place.pop()!;
          const element = code.read(x, code.linearIndex(x.shape, [...place, k]));
          const q = unpacked(code, weights, code.times(column, blocks * bytes), k);
          const [group] = code.divide(k, block);
          const at = code.iadd(code.times(column, blocks), group);
          const scale = code.read(scales, at);
          if (zeros !== undefined && !packed) {
            const centred = code.fsub(code.itof(q), code.read(zeros, at));
            return [element, code.fmul(centred, scale)];
          }
          const zero =
            zeros === undefined
              ? code.constant(2 ** (bits - 1))
              : unpacked(code, zeros, code.times(column, zeroBytes), group);
          return [element, code.fmul(code.itof(code.isub(q, zero)), scale)];
        },
        final: (code, sum) => (bias === undefined ? sum : code.fadd(sum, code.read(bias, code.index(last)))),
      }),
    );
  },
};
