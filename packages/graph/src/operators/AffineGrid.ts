/** Sampling places for GridSample: an affine map of the centres, or the corners, of an image's elements. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const AffineGrid: Operator = {
  name: "AffineGrid",
  inputs: [2, 2],
  lower(node) {
    const theta = node.input(0, ...FLOATS);
    const sizes = node.known(1)!;
    const rank = sizes.length - 2;
    check(rank === 2 || rank === 3, "SHAPE_MISMATCH", `a size of rank ${sizes.length}, not 4 or 5`);
    sizes.forEach(({ constant }) => check((constant ?? 0) >= 0, "BAD_ATTRIBUTE", `a size is ${constant}`));
    node.rank(theta, 3, "theta");
    const [batch, , ...places] = sizes;
    node.equalSizes(theta.shape[0], batch, "batch");
    node.equalSizes(theta.shape[1], rank, "rows of theta");
    node.equalSizes(theta.shape[2], rank + 1, "columns of theta");
    const aligned = node.attributes.flag("align_corners", false);
    return node.graph.map(theta.dtype, [batch, ...places, Dimension.constant(rank)], (code) => {
      const [n, ...at] = code.coordinates();
      const row = at.pop()!;
      const one = code.constantFloat(1);
      // From -1 to 1: corners at both ends, or centres of equal parts.
      const coordinates = places.map((size, axis) => {
        const doubled = code.times(at[axis], 2);
        const numerator = code.utof(aligned ? doubled : code.plus(doubled, 1));
        const denominator = code.utof(code.size(aligned ? size.sub(1).max(1) : size));
        return code.fsub(code.fdiv(numerator, denominator), one);
      });
      const term = (column: number) => code.read(theta, code.linearIndex(theta.shape, [n, row, code.constant(column)]));
      // The last axis is x, the first column.
      const sum = coordinates
        .toReversed()
        .reduce((total, coordinate, column) => code.ffma(term(column), coordinate, total), code.constant(0));
      return code.fadd(sum, term(rank));
    });
  },
};
