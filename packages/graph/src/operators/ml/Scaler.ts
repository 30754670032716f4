/** (x - offset) · scale, one value for all features or one for each. */
import { DType } from "@assay/vm";
import { perFeature } from "../../lowering/perFeature.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import { cast } from "../../lowering/cast.ts";
import type { Operator } from "../../operator.ts";

export const Scaler: Operator = {
  name: "Scaler",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...NUMBERS);
    const offset = perFeature(x, "offset", node.attributes.floats("offset", undefined) ?? [0]);
    const scale = perFeature(x, "scale", node.attributes.floats("scale", undefined) ?? [1]);
    return node.graph.elementwise(DType.FLOAT32, [x], (code, element) =>
      code.fmul(code.fsub(cast(code, x.dtype, DType.FLOAT32, element), offset(code)), scale(code)),
    );
  },
};
