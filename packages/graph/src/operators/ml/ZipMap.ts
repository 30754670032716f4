/** Scores as a map from label to score: the map is dropped and the tensor of scores given in its place. */
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const ZipMap: Operator = {
  name: "ZipMap",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    node.attributes.ints("classlabels_int64s", undefined);
    node.attributes.strings("classlabels_strings", undefined);
    return node.input(0);
  },
};
