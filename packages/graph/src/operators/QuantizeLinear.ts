/**
 * x ÷ scale, rounded half to even, plus the zero point, saturated: per tensor, per slice of an axis or per block. The
 * quotient is rounded to the type of the scale, or to `precision`.
 */
import { DType, isDType } from "@assay/vm";
import { check } from "../errors.ts";
import { quantised, QUANTISED, readGrid } from "../lowering/quantisation.ts";
import { FLOATS } from "../lowering/types.ts";
import { MICROSOFT, type NodeContext, type Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const QuantizeLinear: Operator = {
  name: "QuantizeLinear",
  inputs: [2, 3],
  lower: (node) => quantize(node, node.opset < 13 ? [] : ["saturate"]),
};

export const MicrosoftQuantizeLinear: Operator = {
  name: "QuantizeLinear",
  domain: MICROSOFT,
  inputs: [2, 3],
  lower: (node) => quantize(node, []),
};

function quantize(node: NodeContext, ignored: readonly string[]): TensorValue {
  const { attributes } = node;
  const x = node.input(0, ...FLOATS, DType.INT32);
  const scale = node.input(1, ...FLOATS);
  const zero = node.optional(2, ...QUANTISED);
  // Saturation is of float8 only.
  ignored.forEach((name) => attributes.int(name, 1));
  const wanted = attributes.int("output_dtype", 0);
  const dtype = zero?.dtype ?? (wanted === 0 ? DType.UINT8 : wanted);
  check(isDType(dtype) && QUANTISED.some((type) => type === dtype), "UNSUPPORTED", `quantisation to type ${dtype}`);
  check(wanted === 0 || wanted === dtype, "BAD_ATTRIBUTE", `output_dtype is ${wanted}, the zero point ${dtype}`);
  const given = attributes.int("precision", 0);
  const precision = given === 0 ? scale.dtype : given;
  const known = isDType(precision) && FLOATS.some((type) => type === precision);
  check(known, "UNSUPPORTED", `a division in type ${precision}`);
  return readGrid(node, x, scale, zero).apply(node.graph, dtype, (code, element, s, z) => {
    const float = x.dtype === DType.INT32 ? code.itof(element) : element;
    const [dividend, divisor] = [code.rounded(precision, float), code.rounded(precision, s)];
    return quantised(code, dtype, code.rounded(precision, code.fdiv(dividend, divisor)), z);
  });
}
