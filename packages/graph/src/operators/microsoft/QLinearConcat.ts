/** Quantised tensors one after the other along an axis, each requantised to the scale of the result. */
import { BYTES } from "../../lowering/quantisation.ts";
import { check } from "../../errors.ts";
import { elementOf, floatOf, readQuantity, readScale } from "../../lowering/qlinear.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";
import { concatenated } from "../../lowering/concatenated.ts";

export const QLinearConcat: Operator = {
  name: "QLinearConcat",
  domain: MICROSOFT,
  inputs: [5, 4096],
  lower(node) {
    const { graph } = node;
    const { dtype } = node.input(1, ...BYTES);
    const y = readScale(node, 0, dtype);
    check((node.inputCount - 2) % 3 === 0, "BAD_ARITY", "each tensor comes with scale and zero point");
    const count = (node.inputCount - 2) / 3;
    const parts = Array.from({ length: count }, (_, i) => {
      const x = readQuantity(node, 2 + 3 * i);
      check(x.tensor.dtype === dtype, "TYPE_MISMATCH", `tensor ${i} is not of the type of the result`);
      return graph.elementwise(dtype, [x.tensor], (code, element) =>
        elementOf(code, dtype, floatOf(code, element, x), y),
      );
    });
    const [first] = parts;
    const axis = node.axis(node.attributes.int("axis"), first.shape.length);
    for (const part of parts) {
      node.rank(part, first.shape.length, "an input");
      part.shape.forEach((size, i) => {
        if (i !== axis) node.equalSizes(size, first.shape[i], `axis ${i}`);
      });
    }
    return concatenated(graph, axis, parts);
  },
};
