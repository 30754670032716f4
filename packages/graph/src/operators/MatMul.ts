/** Matrix product of the last two axes, the others broadcast; vectors count as a row (left) or a column (right). */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { dequantisedMatrixProduct, type Product } from "../lowering/dequantisedProduct.ts";
import { dotProduct } from "../lowering/dot.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const MatMul: Operator = {
  name: "MatMul",
  inputs: [2, 2],
  lower(node) {
    const types = [...FLOATS, DType.INT32, DType.INT64, DType.UINT32, DType.UINT64] as const;
    const [a, b] = [node.input(0, ...types), node.input(1, ...types)];
    const dtype = node.sameType(a, b);
    check(a.shape.length > 0 && b.shape.length > 0, "SHAPE_MISMATCH", "a scalar is no matrix");
    const [rowVector, columnVector] = [a.shape.length === 1, b.shape.length === 1];
    const one = Dimension.constant(1);
    const left = rowVector ? [one, ...a.shape] : a.shape;
    const right = columnVector ? [...b.shape, one] : b.shape;
    const [rows, depth] = left.slice(-2);
    const [depthB, columns] = right.slice(-2);
    node.equalSizes(depth, depthB, "the inner dimensions");
    const batch = broadcastShape([left.slice(0, -2), right.slice(0, -2)]);
    const shape = [...batch, ...(rowVector ? [] : [rows]), ...(columnVector ? [] : [columns])];
    const product: Product = (final) =>
      dotProduct({
        dtype,
        extent: depth,
        factors(code, r) {
          const place = code.coordinates();
          const zero = code.constant(0);
          const column = columnVector ? zero : place.pop()!;
          const row = rowVector ? zero : place.pop()!;
          const at = (value: TensorValue, matrix: readonly Dimension[], last: readonly [typeof r, typeof r]) => {
            const skipped = place.length - (matrix.length - 2);
            const leading = matrix.slice(0, -2).map((size, i) => (size.equals(1) ? undefined : place[skipped + i]));
            return code.read(value, code.linearIndex(matrix, [...leading, ...last]));
          };
          return [at(a, left, [row, r]), at(b, right, [r, column])];
        },
        final,
      });
    return node.graph.reduce(
      dtype,
      shape,
      (dequantisedMatrixProduct(node, a, b) ?? product)((_code, sum) => sum),
    );
  },
};
