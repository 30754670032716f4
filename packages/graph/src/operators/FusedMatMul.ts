/** onnxruntime's matrix product with transposed operands and a factor: alpha · A'·B', the sum of products first. */
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import { dotProduct } from "../lowering/dot.ts";
import { FLOATS } from "../lowering/types.ts";
import { MICROSOFT, type Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const FusedMatMul: Operator = {
  name: "FusedMatMul",
  domain: MICROSOFT,
  inputs: [2, 2],
  lower(node) {
    const { attributes } = node;
    const [a, b] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
    const dtype = node.sameType(a, b);
    check(a.shape.length >= 2 && b.shape.length >= 2, "UNSUPPORTED", "vectors; give them a second axis");
    const alpha = attributes.float("alpha", 1);
    const [transA, transB] = [attributes.flag("transA", false), attributes.flag("transB", false)];
    const batches = attributes.flag("transBatchA", false) || attributes.flag("transBatchB", false);
    attributes.flag("transBatchB", false);
    check(!batches, "UNSUPPORTED", "transBatchA or transBatchB; write a Transpose");
    const sidesOf = ({ shape }: TensorValue, transposed: boolean) => {
      const [first, second] = shape.slice(-2);
      return transposed ? [second, first] : [first, second];
    };
    const [[rows, depth], [depthB, columns]] = [sidesOf(a, transA), sidesOf(b, transB)];
    node.equalSizes(depth, depthB, "the inner dimensions");
    const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    return node.graph.reduce(
      dtype,
      [...batch, rows, columns],
      dotProduct({
        dtype,
        extent: depth,
        factors(code, r) {
          const place = code.coordinates();
          const column = place.pop()!;
          const row = place.pop()!;
          const at = ({ shape }: TensorValue, last: readonly [typeof r, typeof r]) => {
            const skipped = place.length - (shape.length - 2);
            const leading = shape.slice(0, -2).map((size, i) => (size.equals(1) ? undefined : place[skipped + i]));
            return code.linearIndex(shape, [...leading, ...last]);
          };
          return [
            code.read(a, at(a, transA ? [r, row] : [row, r])),
            code.read(b, at(b, transB ? [column, r] : [r, column])),
          ];
        },
        final: (code, sum) => (alpha === 1 ? sum : code.fmul(code.constantFloat(alpha), sum)),
      }),
    );
  },
};
