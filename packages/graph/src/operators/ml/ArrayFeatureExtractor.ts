/** Elements of the last axis, chosen by indices; others outside give 0. */
import { DType } from "@assay/vm";
import { countOf, Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const ArrayFeatureExtractor: Operator = {
  name: "ArrayFeatureExtractor",
  domain: ML,
  inputs: [2, 2],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const indices = node.input(1, DType.INT64);
    check(indices.labels === undefined, "TYPE_MISMATCH", "the indices are strings");
    const rank = x.shape.length;
    check(rank >= 1, "SHAPE_MISMATCH", "the input is a scalar");
    const count = countOf(indices.shape);
    const size = x.shape[rank - 1];
    const shape = [...(rank === 1 ? [Dimension.constant(1)] : x.shape.slice(0, -1)), count];
    const value = node.graph.map(x.dtype, shape, (code) => {
      const place = code.coordinates();
      const index = code.read(indices, place.pop()!);
      const source = [...(rank === 1 ? [] : place), index];
      return code.readIf(code.within(index, size), x, code.linearIndex(x.shape, source));
    });
    return x.labels === undefined ? value : { ...value, labels: x.labels };
  },
};
