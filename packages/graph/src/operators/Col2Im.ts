/** Columns back to an image: each place sums, from +0 in the order of the block's places, the columns' elements that fell on it. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const Col2Im: Operator = {
  name: "Col2Im",
  inputs: [3, 3],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    node.rank(x, 3, "the input");
    const [image, block] = [node.known(1), node.constants(2)];
    check(image !== undefined && block !== undefined, "BAD_ARITY", "the sizes of image and block are missing");
    const rank = image.length;
    check(rank >= 1 && rank <= 6 && block.length === rank, "SHAPE_MISMATCH", `${rank} sizes, a block of ${block}`);
    const list = (name: string, fallback: number, least: number, length = rank): number[] => {
      const values = attributes.ints(name, undefined) ?? new Array<number>(length).fill(fallback);
      const valid = values.length === length && values.every((value) => value >= least && value < 2 ** 31);
      check(valid, "BAD_ATTRIBUTE", `${name} is ${values}`);
      return values;
    };
    block.forEach((size) => check(size >= 1 && size < 2 ** 31, "BAD_ATTRIBUTE", `the block is ${block}`));
    const [strides, dilations] = [list("strides", 1, 1), list("dilations", 1, 1)];
    const pads = list("pads", 0, 0, 2 * rank);
    const area = block.reduce((product, size) => product * size, 1);
    const columns = image.map((size, axis) => {
      const reach = dilations[axis] * (block[axis] - 1) + 1;
      const span = size.add(pads[axis] + pads[rank + axis] - reach);
      check((span.constant ?? 0) >= 0, "SHAPE_MISMATCH", `a block that reaches ${reach} over ${size} places`);
      return span.div(strides[axis]).add(1);
    });
    const count = columns.reduce((product, size) => product.mul(size), Dimension.constant(1));
    node.equalSizes(x.shape[2], count, "columns");
    check((x.shape[1].constant ?? 0) % area === 0, "SHAPE_MISMATCH", `${x.shape[1]} rows for a block of ${area}`);
    const channels = x.shape[1].div(area);
    return graph.reduce(x.dtype, [x.shape[0], channels, ...image], {
      extent: Dimension.constant(area),
      accumulators: [DType.FLOAT32],
      init: (code) => [code.constant(0)],
      step(code, [sum]) {
        const [n, channel, ...at] = code.coordinates();
        const r = code.step();
        let met: Value | undefined;
        const meet = (condition: Value) => (met = met === undefined ? condition : code.and(met, condition));
        const places = code.split(
          r,
          block.map((size) => Dimension.constant(size)),
        );
        const column = places.map((place, axis) => {
          const shifted = code.isub(code.plus(at[axis], pads[axis]), code.times(place, dilations[axis]));
          const stride = code.constant(strides[axis]);
          const from = strides[axis] === 1 ? shifted : code.ifloordiv(shifted, stride);
          if (strides[axis] > 1) meet(code.lnot(code.imod(shifted, stride)));
          meet(code.within(from, columns[axis]));
          return from;
        });
        const row = code.iadd(code.times(channel, area), r);
        const linear = code.linearIndex([x.shape[0], x.shape[1], ...columns], [n, row, ...column]);
        return [code.select(met!, code.fadd(sum, code.readIf(met!, x, linear)), sum)];
      },
      final: (_code, [sum]) => sum,
    });
  },
};
