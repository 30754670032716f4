/**
 * Products of dequantised tensors in integers: what the elements less their zero points come to, exactly, as a float, times
 * the product of the two scales. The sum of the products of the floats differs from it by their rounding.
 */
import { DType, float32, type Value } from "@assay/vm";
import { countOf } from "../dimension.ts";
import type { ReduceBody } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { Grid, Quantised, TensorValue } from "../tensorValue.ts";
import { constantOf } from "./constants.ts";
import { quantisedOf } from "./dequantised.ts";
import {
  integerConvolution,
  integerMatrixProduct,
  type IntegerProduct,
  type Operands,
  type Transposed,
} from "./integerProduct.ts";
import { rangeOf } from "./quantisation.ts";

/** The reduction that gives the product; `final` is what becomes of an element. */
export type Product = (final: (code: NodeCode, sum: Value) => Value) => Omit<ReduceBody, "kind">;

/** Says which nodes were taken so. */
export const INTEGER_REMARK = "a product of dequantised tensors is computed in integers";

/** A · B over the last two axes; undefined where it is not one of bytes with a scale for each tensor, row of A or column of B. */
export function dequantisedMatrixProduct(
  node: NodeContext,
  a: TensorValue,
  b: TensorValue,
  transposed: Transposed = { a: false, b: false },
): Product | undefined {
  const [left, right] = [quantisedOf(a), quantisedOf(b)];
  if (left === undefined || right === undefined) return undefined;
  const rows = a.shape.length - (transposed.a ? 1 : 2);
  const columns = b.shape.length === 1 ? -1 : b.shape.length - (transposed.b ? 2 : 1);
  if (!isOver(left.grid, rows) || !isOver(right.grid, columns)) return undefined;
  return scaled(node, left, right, (operands) => integerMatrixProduct(node, operands, transposed));
}

/** Products of a sum, at most, for which it does not pay to multiply bytes where every map has a channel of its own. */
const SHORT = 32;

/**
 * A convolution; undefined where it is not one of bytes with a scale for each tensor or map of the kernel, and where it is
 * depthwise: its sums are so short that floats are as fast.
 */
export function dequantisedConvolution(node: NodeContext, x: TensorValue, w: TensorValue): Product | undefined {
  const [left, right] = [quantisedOf(x), quantisedOf(w)];
  if (left === undefined || right === undefined) return undefined;
  if (left.grid.axis !== undefined || !isOver(right.grid, 0)) return undefined;
  const [maps, ...window] = w.shape;
  const places = countOf(window).constant ?? Infinity;
  if (maps.equals(node.attributes.int("group", 1)) && places <= SHORT) return undefined;
  return scaled(node, left, right, (operands) => integerConvolution(node, operands));
}

/** Whether there is one scale, or one for each place of the axis. */
const isOver = ({ axis }: Grid, wanted: number): boolean => axis === undefined || axis === wanted;

/** The product of two quantised tensors that have not both an axis of scales, if its sums fit an int32. */
function scaled(
  node: NodeContext,
  left: Quantised,
  right: Quantised,
  productOf: (operands: Operands) => IntegerProduct,
): Product | undefined {
  if (!node.integerProducts || (left.grid.axis !== undefined && right.grid.axis !== undefined)) return undefined;
  const [a, b] = [left.tensor, right.tensor];
  const product = productOf({ a, zeroA: zerosOf(left), b, zeroB: zerosOf(right) });
  const { extent } = product.reduction((_code, sum) => sum);
  // INVARIANT: no sum of these products wraps.
  if (extent.greatest * greatestOf(left) * greatestOf(right) >= 2 ** 31) return undefined;
  node.remark(INTEGER_REMARK);
  const [one, other] = left.grid.axis === undefined ? [left, right] : [right, left];
  // INVARIANT: the product of two float32 is exact in binary64, so this is rounded once.
  const scales = other.grid.scales.map((scale) => Math.fround(scale * one.grid.scales[0]));
  const scale = constantOf(
    DType.FLOAT32,
    shapeOf(scales),
    scales.map((value) => float32.fromNumber(value)),
  );
  const read = product[other === left ? "left" : "right"](scale, "the scale");
  return (final) => product.reduction((code, sum) => final(code, code.fmul(code.itof(sum), read(code))));
}

const zerosOf = ({ tensor, grid: { zeros } }: Quantised): TensorValue =>
  constantOf(tensor.dtype, shapeOf(zeros), zeros);

const shapeOf = (values: readonly number[]): number[] => (values.length === 1 ? [] : [values.length]);

/** The greatest magnitude that an element less its zero point may have. */
function greatestOf({ tensor, grid: { zeros } }: Quantised): number {
  const [least, greatest] = rangeOf(tensor.dtype);
  return Math.max(...zeros.map((zero) => Math.max(zero - least, greatest - zero)));
}
