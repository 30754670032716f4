/**
 * Quantisation to uint8 by the range of the values, 0 included: scale = (max - min) ÷ 255, zero point = -min ÷ scale rounded
 * and saturated. An empty range gives scale 1 and zero point 0.
 */
import { DType, type Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";
import { greatestOf, leastOf } from "./arithmetic.ts";
import { quantised } from "./quantisation.ts";
import { accumulateOver, axesOf } from "./reduction.ts";

/** The quantised tensor with its scale and zero point, scalars. */
export function dynamicallyQuantised(
  node: NodeContext,
  x: TensorValue,
): { y: TensorValue; scale: TensorValue; zero: TensorValue } {
  const { graph } = node;
  const axes = axesOf(x, [...x.shape.keys()], false);
  const least = accumulateOver(
    node,
    x,
    axes,
    (code) => greatestOf(code, x.dtype),
    (code, a, e) => code.fmin(a, e),
  );
  const greatest = accumulateOver(
    node,
    x,
    axes,
    (code) => leastOf(code, x.dtype),
    (code, a, e) => code.fmax(a, e),
  );
  const scale = graph.elementwise(DType.FLOAT32, [least, greatest], scaleOfRange);
  const zeroPoint = graph.elementwise(DType.UINT8, [least, scale], zeroOfRange);
  const y = graph.elementwise(DType.UINT8, [x, scale, zeroPoint], (code, e, s, z) =>
    quantised(code, DType.UINT8, code.fdiv(e, s), z),
  );
  return { y, scale: withShape(scale, []), zero: withShape(zeroPoint, []) };
}

/** The scale of values between `low` and `high`. */
export function scaleOfRange(code: NodeCode, low: Value, high: Value): Value {
  const zero = code.constant(0);
  const range = code.fsub(code.fmax(high, zero), code.fmin(low, zero));
  const scale = code.fdiv(range, code.constantFloat(255));
  return code.select(code.feq(range, zero), code.constantFloat(1), scale);
}

/** The zero point of values from `low` on that are quantised by `scale`. */
export function zeroOfRange(code: NodeCode, low: Value, scale: Value): Value {
  const zero = code.constant(0);
  return quantised(code, DType.UINT8, code.fdiv(code.fsub(zero, code.fmin(low, zero)), scale));
}
