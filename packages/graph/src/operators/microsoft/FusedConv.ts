/** onnxruntime's convolution with what follows it: plus a tensor of the same shape if there is one, then an activation. */
import { checkSameShape } from "../../dimension.ts";
import { fusedActivation } from "../../lowering/fusedActivation.ts";
import { FLOATS } from "../../lowering/types.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";
import { Conv } from "../Conv.ts";

export const FusedConv: Operator = {
  name: "FusedConv",
  domain: MICROSOFT,
  inputs: [2, 4],
  lower(node) {
    const { attributes, graph } = node;
    const activation = fusedActivation(attributes.string("activation", ""), attributes.floats("activation_params", []));
    const product = Conv.lower(node) as TensorValue;
    const added = node.optional(3, ...FLOATS);
    if (added !== undefined) {
      node.sameType(product, added);
      checkSameShape(added.shape, product.shape, "the addend has another shape than the result");
    }
    const inputs = added === undefined ? [product] : [product, added];
    return graph.elementwise(product.dtype, inputs, (code, x, z) =>
      activation(code, added === undefined ? x : code.fadd(x, z)),
    );
  },
};
