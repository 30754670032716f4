/** QuantizeLinear and DequantizeLinear, which ONNX and onnxruntime both have. */
import { DType, isDType } from "@assay/vm";
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import { constantTensor, type TensorValue } from "../tensorValue.ts";
import { gridOf, quantisedOf, remembering, sameGrid } from "./dequantised.ts";
import { dequantised, quantised, QUANTISED, readGrid } from "./quantisation.ts";
import { quantisedConstant } from "./quantisedConstant.ts";
import { FLOATS } from "./types.ts";

/** x ÷ scale, rounded half to even, plus the zero point, saturated. */
export function quantize(node: NodeContext): TensorValue {
  const { attributes } = node;
  const x = node.input(0, ...FLOATS, DType.INT32);
  const scale = node.input(1, ...FLOATS);
  const zero = node.optional(2, ...QUANTISED);
  const wanted = attributes.int("output_dtype", 0);
  const dtype = zero?.dtype ?? (wanted === 0 ? DType.UINT8 : wanted);
  check(isDType(dtype) && QUANTISED.some((type) => type === dtype), "UNSUPPORTED", `quantisation to type ${dtype}`);
  check(wanted === 0 || wanted === dtype, "BAD_ATTRIBUTE", `output_dtype is ${wanted}, the zero point ${dtype}`);
  const given = attributes.int("precision", 0);
  const precision = given === 0 ? scale.dtype : given;
  const known = isDType(precision) && FLOATS.some((type) => type === precision);
  check(known, "UNSUPPORTED", `a division in type ${precision}`);
  const places = readGrid(node, x, scale, zero);
  const grid = gridOf({ ...x, dtype }, scale, zero, axisOf(node, x));
  const from = quantisedOf(x);
  // What is quantised as it was before has the elements that it had.
  const again = from?.tensor.dtype === dtype && grid !== undefined && sameGrid(from.grid, grid);
  if (again && precision === DType.FLOAT32) return from.tensor;
  const constant = x.dtype === DType.FLOAT32 && precision === DType.FLOAT32 ? constantTensor(x) : undefined;
  if (constant !== undefined && grid !== undefined) return quantisedConstant(constant, dtype, grid);
  return places.apply(node.graph, dtype, (code, element, s, z) => {
    const float = x.dtype === DType.INT32 ? code.itof(element) : element;
    const [dividend, divisor] = [code.rounded(precision, float), code.rounded(precision, s)];
    return quantised(code, dtype, code.rounded(precision, code.fdiv(dividend, divisor)), z);
  });
}

/** (x - zero point) times scale. */
export function dequantize(node: NodeContext): TensorValue {
  const x = node.input(0, ...QUANTISED, DType.INT32);
  const scale = node.input(1, ...FLOATS);
  const zero = node.optional(2, x.dtype);
  const wanted = node.attributes.int("output_dtype", 0);
  const dtype = wanted === 0 ? scale.dtype : wanted;
  const known = isDType(dtype) && FLOATS.some((type) => type === dtype);
  check(known, "UNSUPPORTED", `a result of type ${dtype}`);
  const floats = readGrid(node, x, scale, zero).apply(node.graph, dtype, dequantised);
  const grid = gridOf(x, scale, zero, axisOf(node, x));
  return grid === undefined ? floats : remembering(floats, { tensor: x, grid });
}

/** The axis of several scales; undefined where they are for blocks. */
function axisOf({ attributes }: NodeContext, { shape }: TensorValue): number | undefined {
  if (attributes.int("block_size", 0) !== 0) return undefined;
  const axis = attributes.int("axis", 1);
  return axis < 0 ? axis + shape.length : axis;
}
