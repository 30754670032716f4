/**
 * A · B + C of quantised matrices: the integer sum plus C as a float, times (alpha · scale of A) · scale of B, and, where Y
 * has a scale, ÷ that, rounded half to even, plus the zero point, saturated.
 */
import { DType } from "@assay/vm";
import { sameShape } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { broadcastShape } from "../../graph.ts";
import { integerMatrixProduct } from "../../lowering/integerProduct.ts";
import { BYTES, checkScalars, quantised } from "../../lowering/quantisation.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QGemm: Operator = {
  name: "QGemm",
  domain: MICROSOFT,
  inputs: [6, 9],
  lower(node) {
    const { attributes, graph } = node;
    const [a, b] = [node.input(0, ...BYTES), node.input(3, ...BYTES)];
    const [scaleA, scaleB] = [node.input(1, DType.FLOAT32), node.input(4, DType.FLOAT32)];
    const [zeroA, zeroB] = [node.input(2, a.dtype), node.input(5, b.dtype)];
    const c = node.optional(6, DType.INT32);
    const [scaleY, zeroY] = [node.optional(7, DType.FLOAT32), node.optional(8, a.dtype)];
    checkScalars("a scale or zero point", scaleA, zeroA, scaleY, zeroY);
    check((scaleY === undefined) === (zeroY === undefined), "BAD_ARITY", "scale and zero point of Y go together");
    node.rank(a, 2, "A");
    node.rank(b, 2, "B");
    const alpha = attributes.float("alpha", 1);
    const transposed = { a: attributes.flag("transA", false), b: attributes.flag("transB", false) };
    const product = integerMatrixProduct(node, { a, zeroA, b, zeroB }, transposed);
    if (c !== undefined) {
      const fits = sameShape(broadcastShape([c.shape, product.shape]), product.shape);
      check(fits, "SHAPE_MISMATCH", "C does not broadcast to A·B");
    }
    const [left, right] = [product.left(scaleA, "the scale of A"), product.right(scaleB, "the scale of B")];
    const dtype = zeroY?.dtype ?? DType.FLOAT32;
    return graph.reduce(
      dtype,
      product.shape,
      product.reduction((code, sum) => {
        const total = c === undefined ? sum : code.wrapi32(code.iadd(sum, code.element(c)));
        const first = alpha === 1 ? left(code) : code.fmul(code.constantFloat(alpha), left(code));
        const scale = code.fmul(first, right(code));
        if (scaleY === undefined) return code.fmul(code.itof(total), scale);
        const zero = code.constant(0);
        const factor = code.fdiv(scale, code.read(scaleY, zero));
        return quantised(code, dtype, code.fmul(code.itof(total), factor), code.read(zeroY!, zero));
      }),
    );
  },
};
