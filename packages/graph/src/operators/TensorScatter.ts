/**
 * A cache with an update written into it along one axis, at a place of its own for each row of the batch; a circular cache
 * goes on at its start. What a linear one has no room for is dropped.
 */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const TensorScatter: Operator = {
  name: "TensorScatter",
  inputs: [2, 3],
  lower(node) {
    const past = node.input(0);
    const update = node.input(1, past.dtype);
    const starts = node.optional(2, DType.INT64);
    const rank = past.shape.length;
    const axis = node.axis(node.attributes.int("axis", -2), rank);
    check(axis > 0, "BAD_ATTRIBUTE", "the axis is that of the batch");
    const circular = node.attributes.choice("mode", ["linear", "circular"], "linear") === "circular";
    node.rank(update, rank, "the update");
    past.shape.forEach((size, i) => {
      if (i !== axis) node.equalSizes(update.shape[i], size, `the update, axis ${i}`);
    });
    if (starts !== undefined) {
      node.rank(starts, 1, "write_indices");
      node.equalSizes(starts.shape[0], past.shape[0], "write_indices");
    }
    return node.graph.map(past.dtype, past.shape, (code) => {
      const place = code.coordinates();
      const start = starts === undefined ? code.constant(0) : code.read(starts, place[0]);
      const offset = code.isub(place[axis], start);
      const at = circular ? code.imod(offset, code.size(past.shape[axis])) : offset;
      const written = code.within(at, update.shape[axis]);
      const source = place.map((coordinate, i) => (i === axis ? at : coordinate));
      const now = code.readIf(written, update, code.linearIndex(update.shape, source));
      return code.select(written, now, code.read(past, code.linear()));
    });
  },
};
