/** Channels moved into blocks of places: depth first (DCR), or columns first (CRD). */
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const DepthToSpace: Operator = {
  name: "DepthToSpace",
  inputs: [1, 1],
  moves: "first",
  lower(node) {
    const x = node.input(0);
    node.rank(x, 4, "the input");
    const block = node.attributes.int("blocksize");
    const mode = node.attributes.choice("mode", ["DCR", "CRD"], "DCR");
    check(block >= 1 && block < 2 ** 16, "BAD_ATTRIBUTE", `blocksize is ${block}`);
    const [batch, channels, rows, columns] = x.shape;
    node.equalSizes(channels.rem(block * block), 0, "channels in blocks");
    const depth = channels.div(block * block);
    return node.graph.map(x.dtype, [batch, depth, rows.mul(block), columns.mul(block)], (code) => {
      const [n, c, i, j] = code.coordinates();
      const [row, rowIn] = code.divide(i, block);
      const [column, columnIn] = code.divide(j, block);
      const place = code.iadd(code.times(rowIn, block), columnIn);
      const channel =
        mode === "DCR" ? code.iadd(code.times(place, depth), c) : code.iadd(code.times(c, block * block), place);
      return code.read(x, code.linearIndex(x.shape, [n, channel, row, column]));
    });
  },
};
