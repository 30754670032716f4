/**
 * Determinant by Gaussian elimination with partial pivoting: the product of the pivots, in order, negated at each exchange of rows.
 * Each column is four nodes: the pivot's row, the product so far, the factors of the other rows, what is left of the matrix.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { argument } from "../lowering/argument.ts";
import { FLOATS } from "../lowering/types.ts";
import { constantSize, type Operator } from "../operator.ts";
import { splat, type TensorValue } from "../tensorValue.ts";

/** Greatest number of rows: the program grows with it. */
const MOST_ROWS = 64;
const ONE = 0x3f800000;

export const Det: Operator = {
  name: "Det",
  inputs: [1, 1],
  lower(node) {
    const { graph } = node;
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 2, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 2`);
    const [rows, columns] = x.shape.slice(-2).map((size) => constantSize(size, "a matrix dimension"));
    check(rows === columns, "SHAPE_MISMATCH", `${rows} rows and ${columns} columns`);
    check(rows <= MOST_ROWS, "TOO_LARGE", `${rows} rows; at most ${MOST_ROWS}`);
    const batch = x.shape.slice(0, -2);
    let matrix = x;
    let product: TensorValue = splat(x.dtype, batch, ONE);
    for (let left = rows; left > 0; left--) {
      const before = matrix;
      const so = product;
      const last = left === 1;
      const shape = before.shape;
      const pivot = graph.reduce(DType.INT64, batch, {
        ...argument({
          dtype: DType.FLOAT32,
          extent: Dimension.constant(left),
          greatest: true,
          element: (code, r) =>
            code.fabs(code.read(before, code.linearIndex(shape, [...code.coordinates(), r, undefined]))),
        }),
      });
      product = graph.map(last ? x.dtype : DType.FLOAT32, batch, (code) => {
        const row = code.read(pivot, code.linear());
        const element = code.read(before, code.linearIndex(shape, [...code.coordinates(), row, undefined]));
        const signed = code.select(row, code.fneg(element), element);
        return code.fmul(code.element(so), signed);
      });
      if (last) break;
      const size = Dimension.constant(left - 1);
      const factors = graph.map(DType.FLOAT32, [...batch, size], (code) => {
        const place = code.coordinates();
        const next = code.plus(place.pop()!, 1);
        const row = code.read(pivot, code.linearIndex(batch, place));
        // The rows after the exchange: the first stands where the pivot was.
        const own = code.select(code.ieq(next, row), code.constant(0), next);
        const top = code.read(before, code.linearIndex(shape, [...place, row, undefined]));
        const element = code.read(before, code.linearIndex(shape, [...place, own, undefined]));
        // A pivot of 0 makes the determinant 0, whatever is left.
        return code.select(code.feq(top, code.constant(0)), code.constant(0), code.fdiv(element, top));
      });
      matrix = graph.map(DType.FLOAT32, [...batch, size, size], (code) => {
        const place = code.coordinates();
        const column = code.plus(place.pop()!, 1);
        const at = place.pop()!;
        const next = code.plus(at, 1);
        const row = code.read(pivot, code.linearIndex(batch, place));
        const own = code.select(code.ieq(next, row), code.constant(0), next);
        const factor = code.read(factors, code.linearIndex(factors.shape, [...place, at]));
        const top = code.read(before, code.linearIndex(shape, [...place, row, column]));
        const element = code.read(before, code.linearIndex(shape, [...place, own, column]));
        return code.ffma(code.fneg(factor), top, element);
      });
    }
    if (rows === 0) return graph.map(x.dtype, batch, (code) => code.constant(ONE));
    return product;
  },
};
