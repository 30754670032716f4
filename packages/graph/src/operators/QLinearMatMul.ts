/**
 * Matrix product of quantised tensors, requantised: the integer sum as a float, times (scale of A · scale of B) ÷ scale of
 * Y, rounded half to even, plus the zero point, saturated.
 */
import { DType, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { quantised } from "../lowering/quantisation.ts";
import type { Dimension } from "../dimension.ts";
import type { Operator } from "../operator.ts";

export const QLinearMatMul: Operator = {
  name: "QLinearMatMul",
  inputs: [8, 8],
  lower(node) {
    const types = [DType.INT8, DType.UINT8] as const;
    const [a, b, zeroY] = [node.input(0, ...types), node.input(3, ...types), node.input(7, ...types)];
    const [scaleA, scaleB, scaleY] = [1, 4, 6].map((index) => node.input(index, DType.FLOAT32));
    const [zeroA, zeroB] = [node.input(2, a.dtype), node.input(5, b.dtype)];
    for (const value of [scaleA, scaleB, scaleY, zeroA, zeroB, zeroY]) {
      check(
        value.shape.every((size) => size.equals(1)),
        "UNSUPPORTED",
        "scales or zero points per row or column",
      );
    }
    check(a.shape.length >= 2 && b.shape.length >= 2, "UNSUPPORTED", "vectors");
    const [rows, depth] = a.shape.slice(-2);
    const [depthB, columns] = b.shape.slice(-2);
    node.equalSizes(depth, depthB, "the inner dimensions");
    const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    return node.graph.reduce(zeroY.dtype, [...batch, rows, columns], {
      extent: depth,
      accumulators: [DType.INT32],
      init: (code) => [code.constant(0)],
      step(code, [sum]) {
        const zero = code.constant(0);
        const place = code.coordinates();
        const column = place.pop()!;
        const row = place.pop()!;
        const at = (shape: readonly Dimension[], last: readonly [Value, Value]) => {
          const skipped = place.length - (shape.length - 2);
          const leading = shape.slice(0, -2).map((size, i) => (size.equals(1) ? undefined : place[skipped + i]));
          return code.linearIndex(shape, [...leading, ...last]);
        };
        const x = code.isub(code.read(a, at(a.shape, [row, code.step()])), code.read(zeroA, zero));
        const y = code.isub(code.read(b, at(b.shape, [code.step(), column])), code.read(zeroB, zero));
        return [code.iadd(code.imul(x, y), sum)];
      },
      final(code, [sum]) {
        const zero = code.constant(0);
        const product = code.fmul(code.read(scaleA, zero), code.read(scaleB, zero));
        const factor = code.fdiv(product, code.read(scaleY, zero));
        return quantised(code, zeroY.dtype, code.fmul(code.itof(sum), factor), code.read(zeroY, zero));
      },
    });
  },
};
