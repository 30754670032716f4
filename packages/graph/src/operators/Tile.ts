/** A tensor repeated along each axis. */
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const Tile: Operator = {
  name: "Tile",
  inputs: [2, 2],
  moves: "first",
  lower(node) {
    const x = node.input(0);
    const repeats = node.known(1)!;
    check(repeats.length === x.shape.length, "SHAPE_MISMATCH", `${repeats.length} repeats for rank ${x.shape.length}`);
    repeats.forEach((count) => check((count.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a repeat is ${count}`));
    const shape = x.shape.map((size, axis) => size.mul(repeats[axis]));
    return node.graph.map(x.dtype, shape, (code) => {
      const source = x.shape.map((size, axis) =>
        size.equals(1)
          ? undefined
          : repeats[axis].equals(1)
            ? code.index(axis)
            : code.divide(code.index(axis), size)[1],
      );
      return code.read(x, code.linearIndex(x.shape, source));
    });
  },
};
