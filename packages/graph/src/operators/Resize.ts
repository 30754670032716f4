/**
 * Resize: nearest by index arithmetic; linear and cubic one axis after the other, the last axis first, each output a sum of
 * products in the order of its elements. Sizes or scales must be known at import.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { COORDINATES, resize, scaledSize, type Interpolation, type ResizedAxis } from "../lowering/resize.ts";
import { FLOATS, INTEGERS } from "../lowering/types.ts";
import type { NodeContext, Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const Resize: Operator = {
  name: "Resize",
  inputs: [1, 4],
  lower(node) {
    const how = readInterpolation(node);
    const types = how.mode === "nearest" ? [...FLOATS, ...INTEGERS, DType.BOOL] : [...FLOATS, ...INTEGERS];
    const x = node.input(0, ...types);
    const rank = x.shape.length;
    const named = node.opset >= 18 ? node.attributes.ints("axes", undefined) : undefined;
    const axes = (named ?? x.shape.map((_, axis) => axis)).map((axis) => node.axis(axis, rank));
    check(new Set(axes).size === axes.length, "BAD_ATTRIBUTE", `axes ${axes} name one axis twice`);
    const resized = readSizes(node, x, axes).sort((a, b) => a.axis - b.axis);
    if (how.coordinates === "tf_crop_and_resize") return resize(node, x, withRegion(node, axes, resized), how);
    const changed = resized.filter(({ input, output, numerator, denominator }) => {
      const unscaled = typeof numerator === "number" ? numerator === 1 : numerator.equals(denominator);
      return !(unscaled && input.equals(output));
    });
    return changed.length === 0 ? x : resize(node, x, changed, how);
  },
};

function readInterpolation(node: NodeContext): Interpolation {
  const { attributes, opset } = node;
  const mode = attributes.choice("mode", ["nearest", "linear", "cubic"], "nearest");
  if (opset < 11) {
    return {
      mode,
      nearest: "floor",
      coordinates: "asymmetric",
      antialias: false,
      excludeOutside: false,
      cubic: -0.75,
      extrapolation: 0,
    };
  }
  // Opset 13 took tf_half_pixel_for_nn out; exporters go on writing it, and onnxruntime reading it.
  const coordinates = attributes.choice("coordinate_transformation_mode", COORDINATES, "half_pixel");
  const antialias = opset >= 18 && attributes.flag("antialias", false);
  check(!(antialias && mode === "nearest"), "BAD_ATTRIBUTE", "antialias with mode nearest");
  const nearest = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;
  return {
    mode,
    nearest: attributes.choice("nearest_mode", nearest, "round_prefer_floor"),
    coordinates,
    antialias,
    excludeOutside: attributes.flag("exclude_outside", false) && mode === "cubic",
    cubic: attributes.float("cubic_coeff_a", -0.75),
    extrapolation: attributes.float("extrapolation_value", 0),
  };
}

/** Sizes and scales of the axes: from input 3 (sizes), or 2 (scales; 1 before opset 11). */
function readSizes(node: NodeContext, x: TensorValue, axes: readonly number[]): ResizedAxis[] {
  const { attributes, opset } = node;
  const policies = ["stretch", "not_larger", "not_smaller"] as const;
  const policy = opset >= 18 ? attributes.choice("keep_aspect_ratio_policy", policies, "stretch") : "stretch";
  const scales = given(node, opset < 11 ? 1 : 2);
  const sizes = opset < 11 ? undefined : given(node, 3);
  check((scales === undefined) !== (sizes === undefined), "BAD_ARITY", "not one of scales and sizes is given");
  if (scales !== undefined) {
    const values = node.floats(opset < 11 ? 1 : 2);
    check(values.length === axes.length, "SHAPE_MISMATCH", `${values.length} scales for ${axes.length} axes`);
    return axes.map((axis, i) => {
      const input = x.shape[axis];
      return { axis, input, output: scaledSize(input, values[i]), numerator: values[i], denominator: ONE };
    });
  }
  const known = node.known(3)!;
  check(known.length === axes.length, "SHAPE_MISMATCH", `${known.length} sizes for ${axes.length} axes`);
  known.forEach(({ constant }) => {
    check(constant === undefined || (constant >= 0 && constant <= 2 ** 36), "BAD_ATTRIBUTE", `a size is ${constant}`);
  });
  if (policy === "stretch") {
    return axes.map((axis, i) => {
      const [input, output] = [x.shape[axis], known[i]];
      return { axis, input, output, numerator: output, denominator: input };
    });
  }
  // One scale for all axes: the least or greatest of those that the sizes ask for; sizes round half up.
  const pairs = axes.map((axis, i) => [known[i].constant, x.shape[axis].constant] as const);
  let [top, bottom] = [0, 0];
  for (const [wanted, own] of pairs) {
    check(wanted !== undefined && own !== undefined, "UNSUPPORTED", `${policy} needs sizes that are constants`);
    check(own > 0, "SHAPE_MISMATCH", "an axis of size 0 has no scale");
    const less = BigInt(wanted) * BigInt(bottom) < BigInt(top) * BigInt(own);
    if (bottom === 0 || less === (policy === "not_larger")) [top, bottom] = [wanted, own];
  }
  return axes.map((axis) => {
    const input = x.shape[axis];
    const output = input
      .mul(2 * top)
      .add(bottom)
      .div(2 * bottom);
    return { axis, input, output, numerator: Dimension.constant(top), denominator: Dimension.constant(bottom) };
  });
}

/** An input, or undefined where it is absent or empty. */
function given(node: NodeContext, index: number): TensorValue | undefined {
  const value = node.optional(index);
  return value === undefined || value.shape.some((size) => size.equals(0)) ? undefined : value;
}

/** The region of interest: starts of all axes, then ends. */
function withRegion(node: NodeContext, axes: readonly number[], resized: readonly ResizedAxis[]): ResizedAxis[] {
  const region = node.input(1, ...FLOATS);
  node.rank(region, 1, "roi");
  node.equalSizes(region.shape[0], 2 * axes.length, "roi");
  return resized.map((one) => {
    const place = axes.indexOf(one.axis);
    return {
      ...one,
      region: {
        start: (code) => code.read(region, code.constant(place)),
        end: (code) => code.read(region, code.constant(axes.length + place)),
      },
    };
  });
}

const ONE = Dimension.constant(1);
