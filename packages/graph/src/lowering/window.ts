/**
 * Windows that slide over the trailing axes of a tensor: what convolution and pooling have in common. A window has a
 * kernel size, strides, dilations and padding per axis; padding is a place outside the tensor.
 */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export interface Window {
  /** Sizes of the kernel, the input and the output, per axis. */
  readonly kernel: readonly number[];
  readonly input: readonly Dimension[];
  readonly output: readonly Dimension[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after, per axis. */
  readonly before: readonly Dimension[];
  readonly after: readonly Dimension[];
}

/** The window that a node's attributes describe over `input`, the trailing axes of its first input. */
export function readWindow(
  node: NodeContext,
  input: readonly Dimension[],
  kernel: readonly number[],
  ceiling = false,
): Window {
  const { attributes } = node;
  const rank = input.length;
  const list = (name: string, fallback: number, least: number): number[] => {
    const values = attributes.ints(name, undefined) ?? new Array<number>(rank).fill(fallback);
    check(values.length === rank, "BAD_ATTRIBUTE", `${name} has ${values.length} values, not ${rank}`);
    values.forEach((value) => {
      check(value >= least && value < 2 ** 31, "BAD_ATTRIBUTE", `${name} holds ${value}`);
    });
    return values;
  };
  check(kernel.length === rank, "SHAPE_MISMATCH", `a kernel of rank ${kernel.length} over ${rank} axes`);
  kernel.forEach((size) => {
    check(Number.isInteger(size) && size >= 1 && size < 2 ** 31, "BAD_ATTRIBUTE", `a kernel size is ${size}`);
  });
  const strides = list("strides", 1, 1);
  const dilations = list("dilations", 1, 1);
  const mode = attributes.choice("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], "NOTSET");
  const pads = attributes.ints("pads", undefined) ?? new Array<number>(2 * rank).fill(0);
  check(pads.length === 2 * rank, "BAD_ATTRIBUTE", `pads has ${pads.length} values, not ${2 * rank}`);
  pads.forEach((pad) => check(pad >= 0 && pad < 2 ** 31, "BAD_ATTRIBUTE", `pads holds ${pad}`));

  const before: Dimension[] = [];
  const after: Dimension[] = [];
  const output: Dimension[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const size = input[axis];
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const stride = strides[axis];
    if (mode === "SAME_UPPER" || mode === "SAME_LOWER") {
      const count = size.ceilDiv(stride);
      const total = count.sub(1).mul(stride).add(reach).sub(size).max(0);
      const half = mode === "SAME_UPPER" ? total.div(2) : total.ceilDiv(2);
      before.push(half);
      after.push(total.sub(half));
      output.push(count);
      continue;
    }
    const [first, last] = mode === "VALID" ? [0, 0] : [pads[axis], pads[rank + axis]];
    before.push(Dimension.constant(first));
    after.push(Dimension.constant(last));
    const span = size.add(first + last - reach);
    check((span.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a kernel that reaches ${reach} over ${size} places`);
    if (!ceiling) output.push(span.div(stride).add(1));
    else {
      // INVARIANT: a window starts inside the tensor or its padding before, never in the padding after.
      const count = span.ceilDiv(stride).add(1);
      output.push(
        count.min(
          size
            .add(first - 1)
            .div(stride)
            .add(1),
        ),
      );
    }
  }
  return { kernel, input, output, strides, dilations, before, after };
}

/** Number of places in a window. */
export function windowCount({ kernel }: Window): number {
  return kernel.reduce((product, size) => product * size, 1);
}

/** Whether no place of any window lies outside the tensor. */
export function isInside({ kernel, input, output, strides, dilations, before }: Window): boolean {
  return kernel.every((size, axis) => {
    const last = output[axis]
      .sub(1)
      .mul(strides[axis])
      .add((size - 1) * dilations[axis]);
    const slack = input[axis].sub(1).sub(last);
    return before[axis].equals(0) && slack.constant !== undefined && slack.constant >= 0;
  });
}

/** Whether every window has a place inside the tensor, as far as can be seen. */
export function holdsElements({ kernel, input, dilations, before, after }: Window): boolean {
  return kernel.every((size, axis) => {
    const pads = [before[axis], after[axis]].every((pad) => pad.greatest < size);
    return dilations[axis] === 1 && pads && input[axis].least >= 1;
  });
}

/**
 * The input coordinates of place `r` of the window at the output coordinates `at` (both of the window's axes only), and
 * whether they lie inside; `inside` is undefined where they always do.
 */
export function windowPlace(
  code: NodeCode,
  window: Window,
  at: readonly Value[],
  r: Value,
): { coordinates: Value[]; inside: Value | undefined } {
  const kernel = window.kernel.map((size) => Dimension.constant(size));
  const places = code.split(r, kernel);
  const always = isInside(window);
  let inside: Value | undefined;
  const coordinates = places.map((place, axis) => {
    let base = code.times(at[axis], window.strides[axis]);
    if (window.kernel[axis] > 1) base = code.iadd(base, code.times(place, window.dilations[axis]));
    const before = window.before[axis];
    const coordinate = before.equals(0) ? base : code.isub(base, code.size(before));
    if (!always) {
      const within = code.within(coordinate, window.input[axis]);
      inside = inside === undefined ? within : code.and(inside, within);
    }
    return coordinate;
  });
  return { coordinates, inside };
}

/** Whether input coordinates lie inside the tensor or its padding. */
export function insidePadded(code: NodeCode, window: Window, coordinates: readonly Value[]): Value | undefined {
  let inside: Value | undefined;
  coordinates.forEach((coordinate, axis) => {
    const [before, after] = [window.before[axis], window.after[axis]];
    const within = code.within(code.plus(coordinate, before), window.input[axis].add(before).add(after));
    inside = inside === undefined ? within : code.and(inside, within);
  });
  return inside;
}

/** The element of a place of the window; +0 outside. */
export function readPlace(
  code: NodeCode,
  tensor: TensorValue,
  leading: readonly Value[],
  place: { coordinates: readonly Value[]; inside: Value | undefined },
): Value {
  const linear = code.linearIndex(tensor.shape, [...leading, ...place.coordinates]);
  return place.inside === undefined ? code.read(tensor, linear) : code.readIf(place.inside, tensor, linear);
}
