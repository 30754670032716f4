/** Blocks of places moved into channels. */
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const SpaceToDepth: Operator = {
  name: "SpaceToDepth",
  inputs: [1, 1],
  moves: "first",
  lower(node) {
    const x = node.input(0);
    node.rank(x, 4, "the input");
    const block = node.attributes.int("blocksize");
    check(block >= 1 && block < 2 ** 16, "BAD_ATTRIBUTE", `blocksize is ${block}`);
    const [batch, channels, rows, columns] = x.shape;
    node.equalSizes(rows.rem(block), 0, "rows in blocks");
    node.equalSizes(columns.rem(block), 0, "columns in blocks");
    const shape = [batch, channels.mul(block * block), rows.div(block), columns.div(block)];
    return node.graph.map(x.dtype, shape, (code) => {
      const [n, c, i, j] = code.coordinates();
      const [place, channel] = code.divide(c, channels);
      const [rowIn, columnIn] = code.divide(place, block);
      const row = code.iadd(code.times(i, block), rowIn);
      const column = code.iadd(code.times(j, block), columnIn);
      return code.read(x, code.linearIndex(x.shape, [n, channel, row, column]));
    });
  },
};
