/** A marked value (NaN, as a rule) replaced by another: one for all features or one for each. */
import { DType } from "@assay/vm";
import { check } from "../../errors.ts";
import { isNaN } from "../../lowering/arithmetic.ts";
import { constantIndices } from "../../lowering/constants.ts";
import { perFeature } from "../../lowering/perFeature.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const Imputer: Operator = {
  name: "Imputer",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const { attributes, graph } = node;
    const x = node.input(0, DType.FLOAT32, DType.INT64);
    const marked = attributes.float("replaced_value_float", 0);
    const markedInteger = attributes.int("replaced_value_int64", 0);
    const floats = attributes.floats("imputed_value_floats", undefined) ?? [];
    const integers = attributes.ints("imputed_value_int64s", undefined) ?? [];
    if (x.dtype === DType.FLOAT32) {
      const value = perFeature(x, "imputed_value_floats", floats);
      return graph.elementwise(x.dtype, [x], (code, element) => {
        const meant = Number.isNaN(marked) ? isNaN(code, element) : code.feq(element, code.constantFloat(marked));
        return code.select(meant, value(code), element);
      });
    }
    const last = x.shape.length - 1;
    const fits = integers.length === 1 || x.shape[last]?.equals(integers.length) === true;
    check(fits, "BAD_ATTRIBUTE", `imputed_value_int64s has ${integers.length} values`);
    const table = constantIndices([integers.length], integers);
    return graph.elementwise(x.dtype, [x], (code, element) => {
      const value = code.read(table, integers.length === 1 ? code.constant(0) : code.index(last));
      return code.select(code.ieq(element, code.constantInt(markedInteger)), value, element);
    });
  },
};
