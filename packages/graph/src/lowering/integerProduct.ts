/**
 * Matrix products and convolutions of 8-bit integers less their zero points, summed in int32: integers wrap, so their order
 * does not matter. Zero points and scales are one for a tensor, or one for each row of the left, column of the right, or
 * map of a kernel.
 */
import { DType, wordsOf, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import type { ReduceBody } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { constantSize, type NodeContext } from "../operator.ts";
import { constantTensor, type TensorValue } from "../tensorValue.ts";
import { constantOf } from "./constants.ts";
import { isScalar } from "./quantisation.ts";
import { readPlace, readWindow, windowCount, windowPlace } from "./window.ts";

/** A product that is not yet a node: its shape, the readers of its operands' parameters, and the reduction. */
export interface IntegerProduct {
  readonly shape: readonly Dimension[];
  /** Reads a scale or zero point of the left (the input) at the element's place. */
  left(parameter: TensorValue, name: string): Reader;
  /** Reads one of the right (the kernel). */
  right(parameter: TensorValue, name: string): Reader;
  /** The reduction; `final` makes an element of the sum. */
  reduction(final: (code: NodeCode, sum: Value) => Value): Omit<ReduceBody, "kind">;
}

export interface Operands {
  readonly a: TensorValue;
  readonly zeroA: TensorValue | undefined;
  readonly b: TensorValue;
  readonly zeroB: TensorValue | undefined;
}

/** Whether the last two axes of each side change places. */
export interface Transposed {
  readonly a: boolean;
  readonly b: boolean;
}

/** A · B over the last two axes, the others broadcast; vectors count as a row (left) or a column (right). */
export function integerMatrixProduct(
  node: NodeContext,
  { a, zeroA, b, zeroB }: Operands,
  transposed: Transposed = { a: false, b: false },
): IntegerProduct {
  check(a.shape.length > 0 && b.shape.length > 0, "SHAPE_MISMATCH", "a scalar is no matrix");
  const [rowVector, columnVector] = [a.shape.length === 1, b.shape.length === 1];
  const one = Dimension.constant(1);
  const left = rowVector ? [one, ...a.shape] : a.shape;
  const right = columnVector ? [...b.shape, one] : b.shape;
  const [rows, depth] = transposed.a ? left.slice(-2).reverse() : left.slice(-2);
  const [depthB, columns] = transposed.b ? right.slice(-2).reverse() : right.slice(-2);
  node.equalSizes(depth, depthB, "the inner dimensions");
  const batch = broadcastShape([left.slice(0, -2), right.slice(0, -2)]);
  const shape = [...batch, ...(rowVector ? [] : [rows]), ...(columnVector ? [] : [columns])];

  /** Batch coordinates, row and column of the element. */
  const places = (code: NodeCode) => {
    const place = code.coordinates();
    const column = columnVector ? undefined : place.pop();
    const row = rowVector ? undefined : place.pop();
    return { place, row, column };
  };
  const element = (
    code: NodeCode,
    value: TensorValue,
    matrix: readonly Dimension[],
    last: readonly (Value | undefined)[],
  ): Value => {
    const { place } = places(code);
    const skipped = place.length - (matrix.length - 2);
    const leading = matrix.slice(0, -2).map((size, i) => (size.equals(1) ? undefined : place[skipped + i]));
    return code.read(value, code.linearIndex(matrix, [...leading, ...last]));
  };
  const parameter = (value: TensorValue, side: "row" | "column", name: string) => {
    if (isScalar(value)) return (code: NodeCode) => code.read(value, code.constant(0));
    const size = side === "row" ? rows : columns;
    if (value.shape.length === 1) {
      node.equalSizes(value.shape[0], size, name);
      return (code: NodeCode) => code.read(value, places(code)[side] ?? code.constant(0));
    }
    const matrix = side === "row" ? left : right;
    node.rank(value, matrix.length, name);
    const expected = [...matrix.slice(0, -2), ...(side === "row" ? [size, one] : [one, size])];
    expected.forEach((wanted, axis) => {
      if (!value.shape[axis].equals(1)) node.equalSizes(value.shape[axis], wanted, `${name}, axis ${axis}`);
    });
    return (code: NodeCode) => {
      const at = places(code)[side];
      const last = value.shape
        .slice(-2)
        .map((own, i) => (own.equals(1) || (i === 0) !== (side === "row") ? undefined : at));
      return element(code, value, value.shape, last);
    };
  };
  const zeros = [
    zeroReader(zeroA, (zero) => parameter(zero, "row", "the zero point of A")),
    zeroReader(zeroB, (zero) => parameter(zero, "column", "the zero point of B")),
  ];
  return {
    shape,
    left: (value, name) => parameter(value, "row", name),
    right: (value, name) => parameter(value, "column", name),
    reduction: (final) =>
      sumOfProducts(depth, final, (code, r) => {
        const { row, column } = places(code);
        const x = element(code, a, left, transposed.a ? [r, row] : [row, r]);
        const y = element(code, b, right, transposed.b ? [column, r] : [r, column]);
        return [centred(code, x, zeros[0]), centred(code, y, zeros[1])];
      }),
  };
}

/** A convolution over (channel, kernel place) of the group; padding counts as the zero point of the input. */
export function integerConvolution(node: NodeContext, { a, zeroA, b, zeroB }: Operands): IntegerProduct {
  const { attributes } = node;
  check(a.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${a.shape.length}, less than 3`);
  node.rank(b, a.shape.length, "the kernel");
  const [batch, channels, ...sizes] = a.shape;
  const [maps, groupChannels, ...kernel] = b.shape.map((size) => constantSize(size, "a kernel dimension"));
  const groups = attributes.int("group", 1);
  check(groups >= 1 && maps % groups === 0, "BAD_ATTRIBUTE", `${maps} feature maps in ${groups} groups`);
  node.equalSizes(channels, groupChannels * groups, "channels");
  const declared = attributes.ints("kernel_shape", kernel);
  check(declared.join() === kernel.join(), "SHAPE_MISMATCH", `kernel_shape is ${declared}, the kernel ${kernel}`);
  const window = readWindow(node, sizes, kernel);
  const extent = Dimension.constant(groupChannels * windowCount(window));
  const left = (value: TensorValue, name: string) => {
    check(isScalar(value), "UNSUPPORTED", `${name} of more than one element`);
    return (code: NodeCode) => code.read(value, code.constant(0));
  };
  const right = (value: TensorValue, name: string) => {
    if (isScalar(value)) return (code: NodeCode) => code.read(value, code.constant(0));
    node.rank(value, 1, name);
    node.equalSizes(value.shape[0], maps, name);
    return (code: NodeCode) => code.read(value, code.index(1));
  };
  const zeros = [
    zeroReader(zeroA, (zero) => left(zero, "the zero point of the input")),
    zeroReader(zeroB, (zero) => right(zero, "the zero point of the kernel")),
  ];
  return {
    shape: [batch, Dimension.constant(maps), ...window.output],
    left,
    right,
    reduction: (final) =>
      sumOfProducts(extent, final, (code, r) => {
        const [n, map, ...at] = code.coordinates();
        const [channel, place] = code.divide(r, windowCount(window));
        const [group] = code.divide(map, maps / groups);
        const from = groups === 1 ? channel : code.iadd(code.times(group, groupChannels), channel);
        const source = windowPlace(code, window, at, place);
        const x = centred(code, readPlace(code, a, [n, from], source), zeros[0]);
        const inside = source.inside === undefined ? x : code.select(source.inside, x, code.constant(0));
        const weight = code.read(b, code.iadd(code.times(map, extent), r));
        return [inside, centred(code, weight, zeros[1])];
      }),
  };
}

type Reader = (code: NodeCode) => Value;

/** Reads zero points at the element's place: constants that are alike as one, and none where it is 0. */
function zeroReader(zero: TensorValue | undefined, read: (zero: TensorValue) => Reader): Reader | undefined {
  if (zero === undefined) return undefined;
  const reader = read(zero);
  const tensor = constantTensor(zero);
  if (tensor === undefined) return reader;
  const [first, ...others] = wordsOf(tensor);
  if (first === undefined || others.some((word) => word !== first)) return reader;
  return first === 0 ? undefined : read(constantOf(zero.dtype, [], [first]));
}

function centred(code: NodeCode, element: Value, zero: Reader | undefined): Value {
  return zero === undefined ? element : code.isub(element, zero(code));
}

/** A sum of products in int32; `final` makes an element of it. */
export function sumOfProducts(
  extent: Dimension,
  final: (code: NodeCode, sum: Value) => Value,
  factors: (code: NodeCode, r: Value) => readonly [Value, Value],
): Omit<ReduceBody, "kind"> {
  return {
    extent,
    accumulators: [DType.INT32],
    init: (code) => [code.constant(0)],
    step(code, [sum]) {
      const [x, y] = factors(code, code.step());
      return [code.iadd(code.imul(x, y), sum)];
    },
    final: (code, [sum]) => final(code, sum),
  };
}
