/** Lists of features one after the other, each cut or filled with zeros to its given length. */
import { DType } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { rowsOf } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";
import { concatenated } from "../../lowering/concatenated.ts";

export const FeatureVectorizer: Operator = {
  name: "FeatureVectorizer",
  domain: ML,
  inputs: [1, 1024],
  lower(node) {
    const { graph } = node;
    const inputs = node.all(...NUMBERS).map((input) => rowsOf(node, input));
    const widths = node.attributes.ints("inputdimensions", undefined);
    check(
      widths === undefined || widths.length === inputs.length,
      "BAD_ATTRIBUTE",
      "inputdimensions does not fit the inputs",
    );
    const parts = inputs.map((input, i) => {
      node.equalSizes(input.shape[0], inputs[0].shape[0], "the number of rows");
      const width = widths?.[i];
      if (width === undefined || input.shape[1].equals(width)) return input;
      check(width >= 0 && width < 2 ** 31, "BAD_ATTRIBUTE", `an input dimension is ${width}`);
      const shape = [input.shape[0], Dimension.constant(width)];
      return graph.map(DType.FLOAT32, shape, (code) => {
        const inside = code.within(code.index(1), input.shape[1]);
        return code.readIf(inside, input, code.linearIndex(input.shape, code.coordinates()));
      });
    });
    return concatenated(graph, 1, parts);
  },
};
