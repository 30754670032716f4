/** What quantisation operators share: scales and zero points per tensor or per slice, and saturation. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";

/** Scale and zero point in a shape that broadcasts to `x`: scalars, or one value per slice along the `axis` attribute. */
export function sliceParameters(
  node: NodeContext,
  x: TensorValue,
  scale: TensorValue,
  zero: TensorValue | undefined,
): [TensorValue, TensorValue | undefined] {
  const axis = node.attributes.int("axis", 1);
  const fit = (value: TensorValue, name: string): TensorValue => {
    if (value.shape.every((size) => size.equals(1))) return withShape(value, []);
    node.rank(value, 1, name);
    const place = node.axis(axis, x.shape.length);
    node.equalSizes(value.shape[0], x.shape[place], name);
    const ones = new Array<Dimension>(x.shape.length - place - 1).fill(Dimension.constant(1));
    return withShape(value, [value.shape[0], ...ones]);
  };
  if (zero !== undefined) {
    check(zero.shape.length === scale.shape.length, "SHAPE_MISMATCH", "scale and zero point differ in rank");
  }
  return [fit(scale, "the scale"), zero && fit(zero, "the zero point")];
}

const RANGES = new Map<DType, readonly [number, number]>([
  [DType.INT8, [-128, 127]],
  [DType.UINT8, [0, 255]],
  [DType.INT16, [-32768, 32767]],
  [DType.UINT16, [0, 65535]],
]);

/** A float rounded half to even, plus a zero point, saturated to an integer type; NaN counts as 0. */
export function quantised(code: NodeCode, dtype: DType, x: Value, zero?: Value): Value {
  const [least, greatest] = RANGES.get(dtype)!;
  const rounded = code.ftoi32(code.frint(x));
  const moved = zero === undefined ? rounded : code.iadd(rounded, zero);
  return code.imin(code.imax(moved, code.constantInt(least)), code.constantInt(greatest));
}
