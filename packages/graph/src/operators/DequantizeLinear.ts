/** (x - zero point) times scale: per tensor, per slice of an axis or per block. */
import { DType, isDType } from "@assay/vm";
import { check } from "../errors.ts";
import { dequantised, QUANTISED, readGrid } from "../lowering/quantisation.ts";
import { FLOATS } from "../lowering/types.ts";
import { MICROSOFT, type NodeContext, type Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const DequantizeLinear: Operator = {
  name: "DequantizeLinear",
  inputs: [2, 3],
  lower: dequantize,
};

export const MicrosoftDequantizeLinear: Operator = {
  name: "DequantizeLinear",
  domain: MICROSOFT,
  inputs: [2, 3],
  lower: dequantize,
};

function dequantize(node: NodeContext): TensorValue {
  const x = node.input(0, ...QUANTISED, DType.INT32);
  const scale = node.input(1, ...FLOATS);
  const zero = node.optional(2, x.dtype);
  const wanted = node.attributes.int("output_dtype", 0);
  const dtype = wanted === 0 ? scale.dtype : wanted;
  const known = isDType(dtype) && FLOATS.some((type) => type === dtype);
  check(known, "UNSUPPORTED", `a result of type ${dtype}`);
  return readGrid(node, x, scale, zero).apply(node.graph, dtype, dequantised);
}
