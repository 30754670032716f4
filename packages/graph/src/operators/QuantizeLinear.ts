/** x ÷ scale, rounded half to even, plus the zero point, saturated: per tensor or per slice of an axis. */
import { DType, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import { quantised, sliceParameters } from "../lowering/quantisation.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const QuantizeLinear: Operator = {
  name: "QuantizeLinear",
  inputs: [2, 3],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const scale = node.input(1, ...FLOATS);
    const zero = node.optional(2, DType.INT8, DType.UINT8, DType.INT16, DType.UINT16);
    node.attributes.int("saturate", 1);
    check(node.attributes.int("block_size", 0) === 0, "UNSUPPORTED", "blocked quantisation");
    const [scaleOf, zeroOf] = sliceParameters(node, x, scale, zero);
    const dtype = zero?.dtype ?? DType.UINT8;
    const inputs = [x, scaleOf, ...(zeroOf ? [zeroOf] : [])];
    return node.graph.elementwise(
      dtype,
      inputs,
      (code, element: Value, s: Value, z?: Value) => quantised(code, dtype, code.fdiv(element, s), z),
      x.shape,
    );
  },
};
