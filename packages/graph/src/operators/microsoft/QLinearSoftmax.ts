/** Softmax of a quantised tensor, quantised. */
import { DType } from "@assay/vm";
import { elementOf, floatOf, readQuantity, readScale } from "../../lowering/qlinear.ts";
import { softmaxOver } from "../../lowering/softmax.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearSoftmax: Operator = {
  name: "QLinearSoftmax",
  domain: MICROSOFT,
  inputs: [5, 5],
  absent: [2],
  lower(node) {
    const { graph, attributes } = node;
    const x = readQuantity(node, 0);
    const { dtype, shape } = x.tensor;
    const y = readScale(node, 3, dtype);
    const opset = attributes.int("opset");
    const axis = node.axis(attributes.int("axis", -1), shape.length);
    const axes = opset >= 13 ? [axis] : [...shape.keys()].slice(axis);
    const floats = graph.elementwise(DType.FLOAT32, [x.tensor], (code, element) => floatOf(code, element, x));
    return graph.elementwise(dtype, [softmaxOver(node, floats, axes, false)], (code, share) =>
      elementOf(code, dtype, share, y),
    );
  },
};
