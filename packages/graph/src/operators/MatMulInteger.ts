/** Matrix product of 8-bit integers less their zero points, in int32. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const MatMulInteger: Operator = {
  name: "MatMulInteger",
  inputs: [2, 4],
  lower(node) {
    const types = [DType.INT8, DType.UINT8] as const;
    const [a, b] = [node.input(0, ...types), node.input(1, ...types)];
    const [zeroA, zeroB] = [node.optional(2, a.dtype), node.optional(3, b.dtype)];
    check(a.shape.length >= 2 && b.shape.length >= 2, "UNSUPPORTED", "vectors");
    const [rows, depth] = a.shape.slice(-2);
    const [depthB, columns] = b.shape.slice(-2);
    node.equalSizes(depth, depthB, "the inner dimensions");
    const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    const scalar = (zero: TensorValue | undefined) => zero === undefined || zero.shape.every((size) => size.equals(1));
    check(scalar(zeroA), "UNSUPPORTED", "a zero point of A per row");
    const perColumn = !scalar(zeroB);
    if (zeroB !== undefined && perColumn) {
      node.rank(zeroB, 1, "the zero point of B");
      node.equalSizes(zeroB.shape[0], columns, "the zero point of B");
    }
    const centred = (code: NodeCode, element: Value, zero: TensorValue | undefined, at: Value) =>
      zero === undefined ? element : code.isub(element, code.read(zero, at));
    return node.graph.reduce(DType.INT32, [...batch, rows, columns], {
      extent: depth,
      accumulators: [DType.INT32],
      init: (code) => [code.constant(0)],
      step(code, [sum]) {
        const r = code.step();
        const place = code.coordinates();
        const column = place.pop()!;
        const row = place.pop()!;
        const at = (shape: readonly Dimension[], last: readonly [Value, Value]) => {
          const skipped = place.length - (shape.length - 2);
          const leading = shape.slice(0, -2).map((size, i) => (size.equals(1) ? undefined : place[skipped + i]));
          return code.linearIndex(shape, [...leading, ...last]);
        };
        const zero = code.constant(0);
        const x = centred(code, code.read(a, at(a.shape, [row, r])), zeroA, zero);
        const y = centred(code, code.read(b, at(b.shape, [r, column])), zeroB, perColumn ? column : zero);
        return [code.iadd(code.imul(x, y), sum)];
      },
      final: (_code, [sum]) => sum,
    });
  },
};
