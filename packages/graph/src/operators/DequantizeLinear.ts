/** (x - zero point) times scale: per tensor or per slice of an axis. */
import { DType, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import { sliceParameters } from "../lowering/quantisation.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const DequantizeLinear: Operator = {
  name: "DequantizeLinear",
  inputs: [2, 3],
  lower(node) {
    const types = [DType.INT8, DType.UINT8, DType.INT16, DType.UINT16, DType.INT32, DType.INT4, DType.UINT4] as const;
    const x = node.input(0, ...types);
    const scale = node.input(1, ...FLOATS);
    const zero = node.optional(2, x.dtype);
    check(node.attributes.int("block_size", 0) === 0, "UNSUPPORTED", "blocked quantisation");
    const [scaleOf, zeroOf] = sliceParameters(node, x, scale, zero);
    const inputs = [x, scaleOf, ...(zeroOf ? [zeroOf] : [])];
    return node.graph.elementwise(
      scale.dtype,
      inputs,
      (code, element: Value, s: Value, z?: Value) =>
        code.fmul(code.itof(z === undefined ? element : code.isub(element, z)), s),
      x.shape,
    );
  },
};
