/** x · scale + bias of the channel. Of the first exporters of image models; onnxruntime computes it. */
import { DType } from "@assay/vm";
import { floatTable } from "../lowering/linear.ts";
import type { Operator } from "../operator.ts";

export const ImageScaler: Operator = {
  name: "ImageScaler",
  inputs: [1, 1],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, DType.FLOAT32);
    node.rank(x, 4, "the image");
    const scale = attributes.float("scale", 1);
    const bias = attributes.floats("bias");
    node.equalSizes(x.shape[1], bias.length, "the bias of a channel");
    const table = floatTable([bias.length], bias);
    return graph.map(DType.FLOAT32, x.shape, (code) => {
      const scaled = code.fmul(code.read(x, code.linear()), code.constantFloat(scale));
      return code.fadd(scaled, code.read(table, code.index(1)));
    });
  },
};
