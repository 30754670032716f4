/**
 * Reductions over axes. Sums of floats over trailing axes are 16 interleaved partial sums; over other axes, and of
 * anything else, one accumulator runs over the reduced places in row-major order.
 */
import { DType, type Value } from "@assay/vm";
import { countOf, Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext, Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { knownReduced, withKnown } from "./known.ts";
import { accumulatorOf, isFloat } from "./types.ts";
import { trailingSum } from "./sum.ts";

/** Which axes of a tensor are reduced, and the shape that is left. */
export interface Axes {
  readonly reduced: readonly number[];
  readonly keep: boolean;
  readonly shape: readonly Dimension[];
  /** Number of places that one element is reduced from. */
  readonly extent: Dimension;
}

/** The axes that a Reduce… operator names: an attribute, or since `inputSince` an input; all where none is named. */
export function readAxes(node: NodeContext, x: TensorValue, inputSince: number): Axes | undefined {
  const { attributes } = node;
  const rank = x.shape.length;
  const keep = attributes.flag("keepdims", true);
  const given = node.opset >= inputSince ? node.constants(1) : attributes.ints("axes", undefined);
  const noop = node.opset >= inputSince && attributes.flag("noop_with_empty_axes", false);
  if ((given === undefined || given.length === 0) && noop) return undefined;
  const named = given === undefined || given.length === 0 ? x.shape.map((_, axis) => axis) : given;
  const reduced = [...new Set(named.map((axis) => node.axis(axis, rank)))].sort((a, b) => a - b);
  check(reduced.length === named.length, "BAD_ATTRIBUTE", `axes ${named} name one axis twice`);
  return axesOf(x, reduced, keep);
}

/** Reduction of the given axes, ascending. */
export function axesOf(x: TensorValue, reduced: readonly number[], keep: boolean): Axes {
  const shape = x.shape.flatMap((size, axis) => {
    if (!reduced.includes(axis)) return [size];
    return keep ? [Dimension.constant(1)] : [];
  });
  return { reduced, keep, shape, extent: countOf(reduced.map((axis) => x.shape[axis])) };
}

/** Linear index in `x` of reduced place `r` of the element at `place`. */
export function reducedIndex(code: NodeCode, x: TensorValue, axes: Axes, place: readonly Value[], r: Value): Value {
  const inner = code.split(
    r,
    axes.reduced.map((axis) => x.shape[axis]),
  );
  let next = 0;
  const coordinates = x.shape.map((_, axis) => {
    const i = axes.reduced.indexOf(axis);
    if (i < 0) return place[axes.keep ? axis : next++];
    return inner[i];
  });
  return code.linearIndex(x.shape, coordinates);
}

/** A sum over axes of a function of the elements; of another type than the elements where it is not yet a result. */
export function sumOver(
  node: NodeContext,
  x: TensorValue,
  axes: Axes,
  term: (code: NodeCode, element: Value, place: readonly Value[]) => Value = (_code, element) => element,
  final?: (code: NodeCode, sum: Value) => Value,
  dtype: DType = x.dtype,
): TensorValue {
  const { graph } = node;
  const trailing = axes.reduced.every((axis, i) => axis === x.shape.length - axes.reduced.length + i);
  const at = (code: NodeCode, place: readonly Value[], r: Value) =>
    term(code, code.read(x, reducedIndex(code, x, axes, place, r)), place);
  if (isFloat(x.dtype) && trailing) {
    return trailingSum(graph, { dtype, shape: axes.shape, extent: axes.extent, term: at, final });
  }
  return graph.reduce(dtype, axes.shape, {
    extent: axes.extent,
    accumulators: [accumulatorOf(x.dtype)],
    init: (code) => [code.constant(0)],
    step(code, [sum]) {
      const element = at(code, code.coordinates(), code.step());
      return [isFloat(x.dtype) ? code.fadd(sum, element) : code.iadd(sum, element)];
    },
    final: (code, [sum]) => (final === undefined ? sum : final(code, sum)),
  });
}

/** A reduction that starts at a value and combines it with each element in turn. */
export function accumulateOver(
  node: NodeContext,
  x: TensorValue,
  axes: Axes,
  init: (code: NodeCode) => Value,
  combine: (code: NodeCode, accumulator: Value, element: Value) => Value,
): TensorValue {
  return node.graph.reduce(x.dtype, axes.shape, {
    extent: axes.extent,
    accumulators: [accumulatorOf(x.dtype)],
    init: (code) => [init(code)],
    step(code, [accumulator]) {
      const linear = reducedIndex(code, x, axes, code.coordinates(), code.step());
      return [combine(code, accumulator, code.read(x, linear))];
    },
    final: (_code, [accumulator]) => accumulator,
  });
}

/** A reduction of sizes that are known at import. */
interface KnownReduction {
  readonly combine: (a: Dimension, b: Dimension) => Dimension;
  /** Of nothing; not known if absent. */
  readonly none?: Dimension;
}

/** A Reduce… operator. */
export function reduction(
  name: string,
  types: readonly DType[],
  inputSince: number,
  lower: (node: NodeContext, x: TensorValue, axes: Axes) => TensorValue,
  known?: KnownReduction,
): Operator {
  return {
    name,
    inputs: [1, 2],
    lower(node) {
      const x = node.input(0, ...types);
      const axes = readAxes(node, x, inputSince) ?? axesOf(x, [], true);
      const value = lower(node, x, axes);
      return known === undefined ? value : withKnown(value, knownReduced(x, axes.reduced, known.combine, known.none));
    },
  };
}

/** The number of reduced places as a float. */
export function countAsFloat(code: NodeCode, axes: Axes): Value {
  const { constant } = axes.extent;
  return constant === undefined ? code.utof(code.size(axes.extent)) : code.constantFloat(constant);
}
