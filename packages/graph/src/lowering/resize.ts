/**
 * Resizing along axes: where an output index lies among the input's, and passes that interpolate along one axis. A coordinate
 * is computed in binary32 with one division, so that places exactly between two elements are found as such.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { TO_INTEGER } from "./types.ts";
import { cubicFar, cubicNear } from "./cubic.ts";

export const COORDINATES = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_crop_and_resize",
  "tf_half_pixel_for_nn",
] as const;
export type Coordinates = (typeof COORDINATES)[number];

/** One axis that is resized. Its scale is numerator ÷ denominator: given, or the quotient of two sizes. */
export interface ResizedAxis {
  readonly axis: number;
  readonly input: Dimension;
  readonly output: Dimension;
  readonly numerator: number | Dimension;
  readonly denominator: Dimension;
  /** The region of interest: its start and end as fractions of the axis. */
  readonly region?: { start(code: NodeCode): Value; end(code: NodeCode): Value };
  /** The coordinates by output index, where they are a tensor of their own. */
  readonly table?: TensorValue;
}

export type NearestMode = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";

export interface Interpolation {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly nearest: NearestMode;
  readonly coordinates: Coordinates;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
  /** Coefficient a of the cubic kernel. */
  readonly cubic: number;
  /** What is beyond the input in tf_crop_and_resize. */
  readonly extrapolation: number;
}

const HALF = 0.5;

function asFloat(code: NodeCode, size: number | Dimension): Value {
  if (typeof size === "number") return code.constantFloat(size);
  const { constant } = size;
  return constant === undefined ? code.utof(code.size(size)) : code.constantFloat(constant);
}

/** x ÷ scale. */
function unscaled(code: NodeCode, { numerator, denominator }: ResizedAxis, x: Value): Value {
  const product = denominator.equals(1) ? x : code.fmul(x, asFloat(code, denominator));
  if (numerator instanceof Dimension ? numerator.equals(1) : numerator === 1) return product;
  return code.fdiv(product, asFloat(code, numerator));
}

/** Scale × input size, which need not be a whole number. */
function outputWidth(code: NodeCode, resized: ResizedAxis): Value {
  const { numerator, denominator, input, output } = resized;
  if (numerator instanceof Dimension && numerator.equals(output) && denominator.equals(input)) {
    return asFloat(code, output);
  }
  const product = code.fmul(asFloat(code, numerator), asFloat(code, input));
  return denominator.equals(1) ? product : code.fdiv(product, asFloat(code, denominator));
}

/** The coordinate among the input's elements of output index `at`, as a float. */
function coordinateOf(code: NodeCode, resized: ResizedAxis, mode: Coordinates, at: Value): Value {
  if (resized.table !== undefined) return code.read(resized.table, at);
  const x = code.utof(at);
  const half = code.constantFloat(HALF);
  const one = code.constantFloat(1);
  const middle = () => unscaled(code, resized, code.fadd(x, half));
  const centred = () => code.fsub(middle(), half);
  /** `otherwise` where the output width is not 1. */
  const unlessSingle = (single: Value, otherwise: Value): Value =>
    code.select(code.feq(outputWidth(code, resized), one), single, otherwise);
  const last = () => code.fsub(asFloat(code, resized.input), one);
  switch (mode) {
    case "asymmetric":
      return unscaled(code, resized, x);
    case "half_pixel":
      return centred();
    case "tf_half_pixel_for_nn":
      return middle();
    case "pytorch_half_pixel":
      return unlessSingle(code.constantFloat(-HALF), centred());
    case "align_corners": {
      const steps = code.fsub(outputWidth(code, resized), one);
      return unlessSingle(code.constant(0), code.fdiv(code.fmul(x, last()), steps));
    }
    case "half_pixel_symmetric": {
      const adjustment = code.fdiv(asFloat(code, resized.output), outputWidth(code, resized));
      const centre = code.fmul(asFloat(code, resized.input), half);
      return code.fadd(code.fmul(centre, code.fsub(one, adjustment)), centred());
    }
    case "tf_crop_and_resize": {
      const [start, end] = [resized.region!.start(code), resized.region!.end(code)];
      const span = code.fmul(code.fsub(end, start), last());
      const steps = code.fsub(outputWidth(code, resized), one);
      const moved = unlessSingle(code.fmul(span, half), code.fdiv(code.fmul(x, span), steps));
      return code.fadd(moved, code.fmul(start, last()));
    }
  }
}

/** Whether a coordinate lies between the first and the last element. */
function isBetween(code: NodeCode, resized: ResizedAxis, x: Value): Value {
  const last = code.fsub(asFloat(code, resized.input), code.constantFloat(1));
  return code.and(code.fle(code.constant(0), x), code.fle(x, last));
}

/** An index moved to the nearest that exists. */
function clamped(code: NodeCode, index: Value, size: Dimension): Value {
  return code.imax(code.imin(index, code.plus(code.size(size), -1)), code.constant(0));
}

/** Of the nearest element. */
function nearestIndex(code: NodeCode, mode: NearestMode, x: Value): Value {
  const below = code.ffloor(x);
  const half = code.constantFloat(HALF);
  const rest = code.fsub(x, below);
  const up = {
    floor: () => code.constant(0),
    ceil: () => code.flt(code.constant(0), rest),
    round_prefer_floor: () => code.flt(half, rest),
    round_prefer_ceil: () => code.fle(half, rest),
  }[mode]();
  return code.iadd(code.ftoi64(below), up);
}

/** Resizes along the axes: nearest in one node; otherwise one axis after the other, the last first. */
export function resize(
  node: NodeContext,
  x: TensorValue,
  axes: readonly ResizedAxis[],
  how: Interpolation,
): TensorValue {
  if (how.coordinates === "tf_crop_and_resize") {
    // The region is data: loaded once per output index, not twice per axis and element.
    const tables = axes.map((resized) => ({
      ...resized,
      table: node.graph.map(DType.FLOAT32, [resized.output], (code) =>
        coordinateOf(code, resized, how.coordinates, code.index(0)),
      ),
    }));
    return how.mode === "nearest" ? nearest(node, x, tables, how) : separable(node, x, tables, how);
  }
  return how.mode === "nearest" ? nearest(node, x, axes, how) : separable(node, x, axes, how);
}

function separable(node: NodeContext, x: TensorValue, axes: readonly ResizedAxis[], how: Interpolation): TensorValue {
  let value = x;
  axes.toReversed().forEach((resized, i) => {
    const outermost = i === axes.length - 1;
    const dtype = outermost ? x.dtype : DType.FLOAT32;
    const scale = constantScale(resized);
    const smooth = how.antialias && !(scale !== undefined && scale >= 1);
    const pass = smooth ? antialiased : interpolated;
    const last = outermost ? (code: NodeCode, sum: Value) => finished(code, x.dtype, axes, how, sum) : undefined;
    value = pass(node, value, dtype, resized, how, last);
  });
  return value;
}

function nearest(node: NodeContext, x: TensorValue, axes: readonly ResizedAxis[], how: Interpolation): TensorValue {
  const shape = x.shape.map((size, axis) => axes.find((resized) => resized.axis === axis)?.output ?? size);
  return node.graph.map(x.dtype, shape, (code) => {
    let inside: Value | undefined;
    const place = code.coordinates().map((at, axis) => {
      const resized = axes.find((other) => other.axis === axis);
      if (resized === undefined) return at;
      const coordinate = coordinateOf(code, resized, how.coordinates, at);
      if (how.coordinates === "tf_crop_and_resize") {
        const between = isBetween(code, resized, coordinate);
        inside = inside === undefined ? between : code.and(inside, between);
      }
      return clamped(code, nearestIndex(code, how.nearest, coordinate), x.shape[axis]);
    });
    const element = code.read(x, code.linearIndex(x.shape, place));
    return inside === undefined ? element : code.select(inside, element, extrapolated(code, x.dtype, how));
  });
}

function extrapolated(code: NodeCode, dtype: DType, { extrapolation }: Interpolation): Value {
  const value = code.constantFloat(extrapolation);
  return TO_INTEGER.has(dtype) ? saturated(code, dtype, value) : value;
}

/** What becomes of the interpolated value: what is beyond the input is replaced, integers are rounded half to even. */
function finished(code: NodeCode, dtype: DType, axes: readonly ResizedAxis[], how: Interpolation, sum: Value): Value {
  const value = TO_INTEGER.has(dtype) ? saturated(code, dtype, sum) : sum;
  if (how.coordinates !== "tf_crop_and_resize") return value;
  const inside = axes
    .map((resized) => isBetween(code, resized, coordinateOf(code, resized, how.coordinates, code.index(resized.axis))))
    .reduce((all, one) => code.and(all, one));
  return code.select(inside, value, extrapolated(code, dtype, how));
}

function saturated(code: NodeCode, dtype: DType, x: Value): Value {
  return code[TO_INTEGER.get(dtype)!](code.frint(x));
}

/** An element as a float. */
function element(code: NodeCode, x: TensorValue, linear: Value): Value {
  const word = code.read(x, linear);
  if (!TO_INTEGER.has(x.dtype)) return word;
  const unsigned = [DType.UINT8, DType.UINT16, DType.UINT32, DType.UINT64].some((dtype) => dtype === x.dtype);
  return unsigned ? code.utof(word) : code.itof(word);
}

type Finish = ((code: NodeCode, sum: Value) => Value) | undefined;

/** Two or four elements times their weights, by one fma chain from +0. */
function interpolated(
  node: NodeContext,
  x: TensorValue,
  dtype: DType,
  resized: ResizedAxis,
  how: Interpolation,
  finish: Finish,
): TensorValue {
  const { axis } = resized;
  const shape = x.shape.map((size, i) => (i === axis ? resized.output : size));
  return node.graph.map(dtype, shape, (code) => {
    const place = code.coordinates();
    const coordinate = coordinateOf(code, resized, how.coordinates, place[axis]);
    const below = code.ffloor(coordinate);
    const t = code.fsub(coordinate, below);
    const rest = code.fsub(code.constantFloat(1), t);
    const origin = code.ftoi64(below);
    const one = code.constantFloat(1);
    const taps =
      how.mode === "linear"
        ? [
            { offset: 0, weight: rest },
            { offset: 1, weight: t },
          ]
        : [
            { offset: -1, weight: cubicFar(code, how.cubic, code.fadd(t, one)) },
            { offset: 0, weight: cubicNear(code, how.cubic, t) },
            { offset: 1, weight: cubicNear(code, how.cubic, rest) },
            { offset: 2, weight: cubicFar(code, how.cubic, code.fadd(rest, one)) },
          ];
    let sum = code.constant(0);
    let total = code.constant(0);
    for (const { offset, weight } of taps) {
      const index = code.plus(origin, offset);
      const kept = how.excludeOutside
        ? code.select(code.within(index, x.shape[axis]), weight, code.constant(0))
        : weight;
      const from = place.map((at, i) => (i === axis ? clamped(code, index, x.shape[axis]) : at));
      sum = code.ffma(element(code, x, code.linearIndex(x.shape, from)), kept, sum);
      if (how.excludeOutside) total = code.fadd(total, kept);
    }
    const value = how.excludeOutside ? code.fdiv(sum, total) : sum;
    return finish === undefined ? value : finish(code, value);
  });
}

/** The scale as a number, where it is known. */
function constantScale({ numerator, denominator }: ResizedAxis): number | undefined {
  const top = numerator instanceof Dimension ? numerator.constant : numerator;
  const bottom = denominator.constant;
  return top === undefined || bottom === undefined || bottom === 0 ? undefined : top / bottom;
}

/** A kernel stretched by 1 ÷ scale over all elements that it meets; the sum is divided by that of the weights. */
function antialiased(
  node: NodeContext,
  x: TensorValue,
  dtype: DType,
  resized: ResizedAxis,
  how: Interpolation,
  finish: Finish,
): TensorValue {
  const { axis } = resized;
  const scale = constantScale(resized);
  check(scale !== undefined, "UNSUPPORTED", "antialias with a scale that is not known at import; fix the sizes");
  check(scale >= 2 ** -12, "TOO_LARGE", `antialias with the scale ${scale}`);
  // Elements on each side that the kernel meets.
  const reach = Math.ceil((how.mode === "linear" ? 1 : 2) / scale);
  const shape = x.shape.map((size, i) => (i === axis ? resized.output : size));
  return node.graph.reduce(dtype, shape, {
    extent: Dimension.constant(2 * reach),
    accumulators: [DType.FLOAT32, DType.FLOAT32],
    init: (code) => [code.constant(0), code.constant(0)],
    step(code, [sum, total]) {
      const place = code.coordinates();
      const coordinate = coordinateOf(code, resized, how.coordinates, place[axis]);
      const one = code.constantFloat(1);
      // The fraction is above 0 and at most 1.
      const below = code.fsub(code.fceil(coordinate), one);
      const fraction = code.fsub(coordinate, below);
      const offset = code.plus(code.step(), 1 - reach);
      const index = code.iadd(code.ftoi64(below), offset);
      const distance = code.fabs(
        code.fmul(
          code.fsub(code.itof(offset), fraction),
          code.fdiv(asFloat(code, resized.numerator), asFloat(code, resized.denominator)),
        ),
      );
      const zero = code.constant(0);
      let weight: Value;
      if (how.mode === "linear") weight = code.fmax(code.fsub(one, distance), zero);
      else {
        const far = code.select(code.flt(distance, code.constantFloat(2)), cubicFar(code, how.cubic, distance), zero);
        weight = code.select(code.fle(distance, one), cubicNear(code, how.cubic, distance), far);
      }
      if (how.excludeOutside) weight = code.select(code.within(index, x.shape[axis]), weight, zero);
      const from = place.map((at, i) => (i === axis ? clamped(code, index, x.shape[axis]) : at));
      const read = element(code, x, code.linearIndex(x.shape, from));
      return [code.ffma(read, weight, sum), code.fadd(total, weight)];
    },
    final(code, [sum, total]) {
      const value = code.fdiv(sum, total);
      return finish === undefined ? value : finish(code, value);
    },
  });
}

/** A scale given as a float and the size it makes of `input`: floor(scale × input). */
export function scaledSize(input: Dimension, scale: number): Dimension {
  check(Number.isFinite(scale) && scale > 0, "BAD_ATTRIBUTE", `a scale is ${scale}`);
  // A binary32 number is a whole number over a power of two.
  let [numerator, denominator] = [scale, 1];
  while (!Number.isInteger(numerator) && denominator < 2 ** 40)
    [numerator, denominator] = [numerator * 2, denominator * 2];
  check(Number.isInteger(numerator) && numerator < 2 ** 31, "BAD_ATTRIBUTE", `a scale is ${scale}`);
  return input.mul(numerator).div(denominator);
}
