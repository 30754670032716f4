/** x kept between two bounds, either of which may be absent: max(x, low), then min(·, high). */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import { maximum, minimum } from "../lowering/arithmetic.ts";
import { FLOATS, NUMBERS } from "../lowering/types.ts";
import { splat, type TensorValue } from "../tensorValue.ts";
import { float32 } from "@assay/vm";
import type { Operator } from "../operator.ts";

export const Clip: Operator = {
  name: "Clip",
  inputs: [1, 3],
  lower(node) {
    const x = node.input(0, ...(node.opset < 12 ? FLOATS : NUMBERS));
    const bound = (index: number, name: string): TensorValue | undefined => {
      if (node.opset >= 11) return node.optional(index, x.dtype);
      const value = node.attributes.float(name, undefined);
      return value === undefined ? undefined : splat(DType.FLOAT32, [], float32.fromNumber(value));
    };
    const bounds = { low: bound(1, "min"), high: bound(2, "max") };
    for (const value of [bounds.low, bounds.high]) {
      const scalar = value === undefined || value.shape.every((size) => size.equals(1));
      check(scalar, "SHAPE_MISMATCH", "a bound is not a scalar");
    }
    const given = [bounds.low, bounds.high].filter((value) => value !== undefined);
    return node.graph.elementwise(
      x.dtype,
      [x, ...given],
      (code, element) => {
        const above = bounds.low ? maximum(code, x.dtype, element, code.element(bounds.low)) : element;
        return bounds.high ? minimum(code, x.dtype, above, code.element(bounds.high)) : above;
      },
      x.shape,
    );
  },
};
