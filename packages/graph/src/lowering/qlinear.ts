/** What onnxruntime's element-wise operators on quantised tensors share: operands with scale and zero point. */
import { DType, type Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";
import { BYTES, checkScalars, dequantised, quantised } from "./quantisation.ts";

/** A quantised tensor with one scale and one zero point. */
export interface Quantity {
  readonly tensor: TensorValue;
  readonly scale: TensorValue;
  readonly zero: TensorValue | undefined;
}

/** Inputs `index`, `index` + 1 and `index` + 2: tensor, scale, optional zero point. */
export function readQuantity(node: NodeContext, index: number): Quantity {
  const tensor = node.input(index, ...BYTES);
  return { tensor, ...readScale(node, index + 1, tensor.dtype) };
}

/** Inputs `index` and `index` + 1: scale and optional zero point. */
export function readScale(node: NodeContext, index: number, dtype: DType): Pick<Quantity, "scale" | "zero"> {
  const scale = node.input(index, DType.FLOAT32);
  const zero = node.optional(index + 1, dtype);
  checkScalars("a scale or zero point", scale, zero);
  return { scale: withShape(scale, []), zero: zero && withShape(zero, []) };
}

/** The one scale of a quantity. */
export const scaleOf = (code: NodeCode, { scale }: Pick<Quantity, "scale">): Value =>
  code.read(scale, code.constant(0));

/** The one zero point of a quantity. */
export function zeroOf(code: NodeCode, { zero }: Pick<Quantity, "zero">): Value | undefined {
  return zero && code.read(zero, code.constant(0));
}

/** An element as a float. */
export function floatOf(code: NodeCode, element: Value, quantity: Pick<Quantity, "scale" | "zero">): Value {
  return dequantised(code, element, scaleOf(code, quantity), zeroOf(code, quantity));
}

/** A float as an element. */
export function elementOf(code: NodeCode, dtype: DType, x: Value, quantity: Pick<Quantity, "scale" | "zero">): Value {
  return quantised(code, dtype, code.fdiv(x, scaleOf(code, quantity)), zeroOf(code, quantity));
}

/** A function of each element as a float. */
export function applyQuantised(node: NodeContext, f: (code: NodeCode, x: Value) => Value): TensorValue {
  const x = readQuantity(node, 0);
  const y = readScale(node, 3, x.tensor.dtype);
  const { dtype } = x.tensor;
  return node.graph.elementwise(dtype, [x.tensor], (code, element) =>
    elementOf(code, dtype, f(code, floatOf(code, element, x)), y),
  );
}
