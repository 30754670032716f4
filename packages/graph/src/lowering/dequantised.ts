/**
 * Tensors of floats that remember the bytes from which they were dequantised. An operator that only moves elements moves the
 * bytes, quantising by the same grid again gives the bytes back, and products are computed of bytes
 * (`dequantisedProduct.ts`); whoever else reads the floats has them.
 */
import { DType, float32, wordsOf, type Value } from "@assay/vm";
import { sameShape } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import { constantTensor, withShape, type Grid, type Quantised, type TensorValue } from "../tensorValue.ts";
import { constantOf } from "./constants.ts";
import { BYTES, dequantised, isScalar } from "./quantisation.ts";

/**
 * Scales of a grid. Between them nothing that is computed of elements and scales is subnormal or infinite: neither products of
 * two scales, nor sums of products times these, nor quotients by a scale.
 */
const SCALES = { least: 2 ** -60, greatest: 2 ** 40 } as const;

/**
 * The grid of a tensor that is quantised by `scale` and `zero`, where these are float32 constants within `SCALES` and
 * constants of its type, one or one for each place of `axis`, and it is of bytes; undefined elsewhere.
 */
export function gridOf(
  x: TensorValue,
  scale: TensorValue,
  zero: TensorValue | undefined,
  axis: number | undefined,
): Grid | undefined {
  if (!BYTES.some((dtype) => dtype === x.dtype) || scale.dtype !== DType.FLOAT32) return undefined;
  const [scales, zeros] = [numbersOf(scale), zero === undefined ? [0] : numbersOf(zero)];
  if (scales === undefined || zeros === undefined || (zero !== undefined && zero.dtype !== x.dtype)) return undefined;
  if (!scales.every((value) => value >= SCALES.least && value <= SCALES.greatest)) return undefined;
  const single = scales.length === 1 && zeros.length === 1;
  const count = single ? 1 : axis !== undefined && x.shape[axis]?.constant;
  const fits = [scales, zeros].every(({ length }) => length === 1 || length === count);
  if (count === undefined || count === false || !fits) return undefined;
  const all = (values: readonly number[]) =>
    values.length === count ? values : new Array<number>(count).fill(values[0]);
  return { scales: all(scales), zeros: all(zeros), axis: single ? undefined : axis };
}

/** The elements of a constant, one for a tensor of one element. */
function numbersOf(value: TensorValue): readonly number[] | undefined {
  const tensor = constantTensor(isScalar(value) ? withShape(value, []) : value);
  if (tensor === undefined) return undefined;
  const isFloat = tensor.dtype === DType.FLOAT32;
  return wordsOf(tensor).map((word) => (isFloat ? float32.toNumber(Number(word)) : Number(word)));
}

/** Floats that remember what they were dequantised from. Constants of one element do not: they are words of the code. */
export function remembering(floats: TensorValue, quantised: Quantised): TensorValue {
  const { source } = floats;
  return source.kind === "node" || source.kind === "parameter"
    ? { ...floats, source: { ...source, quantised } }
    : floats;
}

/** What a value was dequantised from, in its shape. */
export function quantisedOf({ dtype, shape, source }: TensorValue): Quantised | undefined {
  if (dtype !== DType.FLOAT32 || (source.kind !== "node" && source.kind !== "parameter")) return undefined;
  const { quantised } = source;
  if (quantised === undefined || sameShape(quantised.tensor.shape, shape)) return quantised;
  return quantised.grid.axis === undefined ? { ...quantised, tensor: withShape(quantised.tensor, shape) } : undefined;
}

/** Whose elements an operator moves: its first input's, or all inputs'. */
export type Moves = "first" | "all";

/** The inputs of an operator that moves elements with bytes in place of floats, and what makes floats of its outputs. */
export interface MovedBytes {
  readonly inputs: readonly (TensorValue | undefined)[];
  /** The axis of several scales. */
  readonly axis: number | undefined;
  /** The byte that is 0. */
  readonly outside: number;
  /** @param axis Where the axis of several scales is now. */
  floatsOf(graph: Graph, bytes: TensorValue, axis: number | undefined): TensorValue;
}

/** How bytes are moved; undefined where not all that is moved is dequantised by the same scales. */
export function movedBytes(inputs: readonly (TensorValue | undefined)[], moves: Moves): MovedBytes | undefined {
  const floats = moves === "all" ? inputs : inputs.slice(0, 1);
  const quantised = floats.map((value) => value && quantisedOf(value));
  const [first] = quantised;
  if (first === undefined) return undefined;
  const alike = (one: Quantised | undefined): one is Quantised =>
    one !== undefined && one.tensor.dtype === first.tensor.dtype && sameGrid(one.grid, first.grid);
  if (!quantised.every(alike)) return undefined;
  return {
    inputs: [...quantised.map(({ tensor }) => tensor), ...inputs.slice(floats.length)],
    axis: first.grid.axis,
    outside: first.grid.zeros[0],
    floatsOf(graph, bytes, axis) {
      const same = quantised.findIndex(({ tensor }) => tensor.source === bytes.source);
      if (same >= 0 && axis === undefined) return withShape(floats[same]!, bytes.shape);
      return dequantisedFrom(graph, { tensor: bytes, grid: { ...first.grid, axis } });
    },
  };
}

/** The floats of bytes. */
export function dequantisedFrom(graph: Graph, quantised: Quantised): TensorValue {
  const { tensor, grid } = quantised;
  graph.operator = "DequantizeLinear";
  const inputs = [tensor, valuesOf(quantised, DType.FLOAT32, grid.scales)];
  if (grid.zeros.some((zero) => zero !== 0)) inputs.push(valuesOf(quantised, tensor.dtype, grid.zeros));
  const floats = graph.elementwise(
    DType.FLOAT32,
    inputs,
    (code, element: Value, scale: Value, zero?: Value) => dequantised(code, element, scale, zero),
    tensor.shape,
  );
  return remembering(floats, quantised);
}

/** Numbers of a grid as a constant that broadcasts to its tensor. */
function valuesOf({ tensor, grid: { axis } }: Quantised, dtype: DType, numbers: readonly number[]): TensorValue {
  const words = dtype === DType.FLOAT32 ? numbers.map((number) => float32.fromNumber(number)) : numbers;
  if (axis === undefined) return constantOf(dtype, [], words);
  return constantOf(dtype, [words.length, ...new Array<number>(tensor.shape.length - axis - 1).fill(1)], words);
}

/** Whether two grids give the same elements for the same floats. */
export function sameGrid(a: Grid, b: Grid): boolean {
  const same = (one: readonly number[], other: readonly number[]) =>
    one.length === other.length && one.every((value, i) => value === other[i]);
  return a.axis === b.axis && same(a.scales, b.scales) && same(a.zeros, b.zeros);
}
