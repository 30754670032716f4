/** A tensor cut into parts along an axis: of the given sizes, or equal ones with a smaller last. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { cut } from "../lowering/moved.ts";
import type { Operator } from "../operator.ts";

export const Split: Operator = {
  name: "Split",
  inputs: [1, 2],
  outputs: 4096,
  moves: "first",
  lower(node) {
    const x = node.input(0);
    const axis = node.axis(node.attributes.int("axis", 0), x.shape.length);
    const given =
      node.opset >= 13 ? node.known(1) : node.attributes.ints("split", undefined)?.map((size) => Dimension.of(size));
    const count = node.opset >= 18 ? node.attributes.int("num_outputs", node.outputs.length) : node.outputs.length;
    check(
      count >= 1 && count === node.outputs.length,
      "BAD_ATTRIBUTE",
      `${count} parts for ${node.outputs.length} outputs`,
    );
    const size = x.shape[axis];
    const sizes = given ?? equalParts(size, count);
    check(sizes.length === count, "SHAPE_MISMATCH", `${sizes.length} sizes for ${count} outputs`);
    const sum = sizes.reduce((total, part) => total.add(part), Dimension.constant(0));
    node.equalSizes(sum, size, "the sum of the parts");
    let start = Dimension.constant(0);
    return sizes.map((part) => {
      const from = start;
      start = start.add(part);
      return cut(node.graph, x, axis, from, part);
    });
  },
};

function equalParts(size: Dimension, count: number): Dimension[] {
  const part = size.ceilDiv(count);
  const rest = size.sub(part.mul(count - 1));
  check((rest.constant ?? 0) >= 0, "SHAPE_MISMATCH", `${size} elements in ${count} parts`);
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? part : rest));
}
