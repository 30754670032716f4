/** What quantisation operators share: scales and zero points per tensor, slice or block, and saturation. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";

/** Types of 4 to 16 bits to which floats are quantised. */
export const QUANTISED = [DType.INT8, DType.UINT8, DType.INT16, DType.UINT16, DType.INT4, DType.UINT4] as const;
/** The types of integers in products. */
export const BYTES = [DType.INT8, DType.UINT8] as const;

/** Scales and zero points, read for the element of a tensor of which `x` is the first input. */
export interface Grid {
  /**
   * A node whose elements follow from those of `x`, their scales and their zero points; the zero point is undefined
   * where there is none.
   */
  apply(
    graph: Graph,
    dtype: DType,
    formula: (code: NodeCode, element: Value, scale: Value, zero?: Value) => Value,
  ): TensorValue;
}

/**
 * The grid that scale, zero point and the attributes `axis` and `block_size` describe: one scale, one per slice along the
 * axis, or one per block of that many elements along it.
 */
export function readGrid(node: NodeContext, x: TensorValue, scale: TensorValue, zero: TensorValue | undefined): Grid {
  const axis = node.attributes.int("axis", 1);
  const block = node.attributes.int("block_size", 0);
  check(block >= 0, "BAD_ATTRIBUTE", `block_size is ${block}`);
  if (isScalar(scale) || block === 0) {
    const [scaleOf, zeroOf] = [sliced(node, x, axis, scale, "the scale"), zero && sliced(node, x, axis, zero, "zero")];
    const inputs = [x, scaleOf, ...(zeroOf ? [zeroOf] : [])];
    return {
      apply: (graph, dtype, formula) =>
        graph.elementwise(
          dtype,
          inputs,
          (code, element: Value, s: Value, z?: Value) => formula(code, element, s, z),
          x.shape,
        ),
    };
  }
  const place = node.axis(axis, x.shape.length);
  const blocks = x.shape.map((size, i) => (i === place ? size.ceilDiv(block) : size));
  for (const [value, name] of [[scale, "the scale"] as const, [zero, "the zero point"] as const]) {
    if (value === undefined || (value === zero && isScalar(zero))) continue;
    node.rank(value, blocks.length, name);
    blocks.forEach((size, i) => node.equalSizes(value.shape[i], size, `${name}, axis ${i}`));
  }
  return {
    apply: (graph, dtype, formula) =>
      graph.elementwise(dtype, [x], (code, element) => {
        const coordinates = code.coordinates();
        coordinates[place] = code.udiv(coordinates[place], code.constantInt(block));
        const at = code.linearIndex(blocks, coordinates);
        const z = zero && code.read(zero, isScalar(zero) ? code.constant(0) : at);
        return formula(code, element, code.read(scale, at), z);
      }),
  };
}

/** Whether a tensor has one element. */
export function isScalar(value: TensorValue): boolean {
  return value.shape.every((size) => size.equals(1));
}

/** Throws unless all the tensors have one element. */
export function checkScalars(what: string, ...values: readonly (TensorValue | undefined)[]): void {
  const scalar = values.every((value) => value === undefined || isScalar(value));
  check(scalar, "UNSUPPORTED", `${what} of more than one element`);
}

/** A value in a shape that broadcasts to `x`: a scalar, or one value per slice along an axis. */
function sliced(node: NodeContext, x: TensorValue, axis: number, value: TensorValue, name: string): TensorValue {
  if (isScalar(value)) return withShape(value, []);
  node.rank(value, 1, name);
  const place = node.axis(axis, x.shape.length);
  node.equalSizes(value.shape[0], x.shape[place], name);
  const ones = new Array<Dimension>(x.shape.length - place - 1).fill(Dimension.constant(1));
  return withShape(value, [value.shape[0], ...ones]);
}

const RANGES = new Map<DType, readonly [number, number]>([
  [DType.INT4, [-8, 7]],
  [DType.UINT4, [0, 15]],
  [DType.INT8, [-128, 127]],
  [DType.UINT8, [0, 255]],
  [DType.INT16, [-32768, 32767]],
  [DType.UINT16, [0, 65535]],
]);

/** Least and greatest element of a type of 4 to 16 bits. */
export function rangeOf(dtype: DType): readonly [number, number] {
  const range = RANGES.get(dtype);
  if (range === undefined) throw new Error("not a type that is quantised to");
  return range;
}

/**
 * A float rounded half to even, plus a zero point, saturated to an integer type; NaN counts as 0. It is saturated before the zero
 * point is added, so that no number is wider than 32 bits.
 */
export function quantised(code: NodeCode, dtype: DType, x: Value, zero?: Value): Value {
  const [least, greatest] = rangeOf(dtype).map((end) => code.constantInt(end));
  const rounded = code.ftoi32(code.frint(x));
  if (zero === undefined) return code.imin(code.imax(rounded, least), greatest);
  const near = code.imin(code.imax(rounded, code.isub(least, zero)), code.isub(greatest, zero));
  return code.iadd(near, zero);
}

/** An integer less its zero point, as a float times the scale. */
export function dequantised(code: NodeCode, x: Value, scale: Value, zero?: Value): Value {
  return code.fmul(code.itof(zero === undefined ? x : code.isub(x, zero)), scale);
}

/**
 * An integer sum of products as an element of another scale: float(sum) · ((sx · sw) ÷ sy), rounded half to even, plus the
 * zero point, saturated.
 */
export function requantised(
  code: NodeCode,
  dtype: DType,
  sum: Value,
  scales: { x: Value; w: Value; y: Value },
  zero?: Value,
): Value {
  const factor = code.fdiv(code.fmul(scales.x, scales.w), scales.y);
  return quantised(code, dtype, code.fmul(code.itof(sum), factor), zero);
}
