/** Sequences of a batch, each reversed up to its own length. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const ReverseSequence: Operator = {
  name: "ReverseSequence",
  inputs: [2, 2],
  lower(node) {
    const x = node.input(0);
    const lengths = node.input(1, DType.INT64);
    const rank = x.shape.length;
    check(rank >= 2, "SHAPE_MISMATCH", `the input has rank ${rank}, less than 2`);
    const time = node.axis(node.attributes.int("time_axis", 0), rank);
    const batch = node.axis(node.attributes.int("batch_axis", 1), rank);
    check(time !== batch && time < 2 && batch < 2, "BAD_ATTRIBUTE", "the axes of time and batch are not 0 and 1");
    node.rank(lengths, 1, "the lengths");
    node.equalSizes(lengths.shape[0], x.shape[batch], "the lengths");
    return node.graph.map(x.dtype, x.shape, (code) => {
      const place = code.coordinates();
      const length = code.read(lengths, place[batch]);
      const mirrored = code.isub(code.isub(length, code.constant(1)), place[time]);
      place[time] = code.select(code.ilt(place[time], length), mirrored, place[time]);
      return code.read(x, code.linearIndex(x.shape, place));
    });
  },
};
