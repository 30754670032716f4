/** alpha · A·B + beta · C: the sum of products, times alpha, then fma(beta, C, ·); factors of 1 are left out. */
import { checkSameShape } from "../dimension.ts";
import { broadcastShape } from "../graph.ts";
import { check } from "../errors.ts";
import { mul, add } from "../lowering/arithmetic.ts";
import { dequantisedMatrixProduct, type Product } from "../lowering/dequantisedProduct.ts";
import { dotProduct } from "../lowering/dot.ts";
import { FLOATS, isFloat } from "../lowering/types.ts";
import { DType } from "@assay/vm";
import type { Operator } from "../operator.ts";

export const Gemm: Operator = {
  name: "Gemm",
  inputs: [2, 3],
  lower(node) {
    const { graph, attributes } = node;
    const types = [...FLOATS, DType.INT32, DType.INT64, DType.UINT32, DType.UINT64] as const;
    const a = node.input(0, ...types);
    const b = node.input(1, ...types);
    const c = node.optional(2, ...types);
    const dtype = node.sameType(a, b, c);
    const [alpha, beta] = [attributes.float("alpha", 1), attributes.float("beta", 1)];
    const [transA, transB] = [attributes.flag("transA", false), attributes.flag("transB", false)];
    node.rank(a, 2, "A");
    node.rank(b, 2, "B");
    const [rows, depth] = transA ? [a.shape[1], a.shape[0]] : a.shape;
    const [depthB, columns] = transB ? [b.shape[1], b.shape[0]] : b.shape;
    node.equalSizes(depth, depthB, "the inner dimensions");
    const shape = [rows, columns];
    if (c !== undefined) {
      checkSameShape(broadcastShape([c.shape, shape]), shape, "C does not broadcast to A·B");
    }
    if (!isFloat(dtype)) {
      const whole = Number.isInteger(alpha) && Number.isInteger(beta);
      check(whole, "UNSUPPORTED", `alpha ${alpha} and beta ${beta} of integers`);
    }
    const product: Product = (final) =>
      dotProduct({
        dtype,
        extent: depth,
        factors(code, r) {
          const [row, column] = code.coordinates();
          const left = code.linearIndex(a.shape, transA ? [r, row] : [row, r]);
          const right = code.linearIndex(b.shape, transB ? [column, r] : [r, column]);
          return [code.read(a, left), code.read(b, right)];
        },
        final,
      });
    return graph.reduce(
      dtype,
      shape,
      (dequantisedMatrixProduct(node, a, b, { a: transA, b: transB }) ?? product)((code, sum) => {
        const factor = (x: number) => (isFloat(dtype) ? code.constantFloat(x) : code.constantInt(x));
        const scaled = alpha === 1 ? sum : mul(code, dtype, factor(alpha), sum);
        if (c === undefined || beta === 0) return scaled;
        const addend = code.element(c);
        if (beta === 1) return add(code, dtype, scaled, addend);
        if (isFloat(dtype)) return code.ffma(factor(beta), addend, scaled);
        return add(code, dtype, mul(code, dtype, factor(beta), addend), scaled);
      }),
    );
  },
};
