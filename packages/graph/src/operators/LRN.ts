/**
 * Local response normalisation: x ÷ (bias + alpha/size · Σ x²)^beta, the sum from +0 over `size` neighbouring channels in order,
 * those that do not exist left out.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { pow } from "../functions/index.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const LRN: Operator = {
  name: "LRN",
  inputs: [1, 1],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 2, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 2`);
    const size = attributes.int("size");
    check(size >= 1 && size < 2 ** 31, "BAD_ATTRIBUTE", `size is ${size}`);
    const alpha = attributes.float("alpha", Math.fround(0.0001));
    const beta = attributes.float("beta", 0.75);
    const bias = attributes.float("bias", 1);
    const before = Math.floor((size - 1) / 2);
    return graph.reduce(x.dtype, x.shape, {
      extent: Dimension.constant(size),
      accumulators: [DType.FLOAT32],
      init: (code) => [code.constant(0)],
      step(code, [sum]) {
        const place = code.coordinates();
        const channel = code.plus(code.iadd(place[1], code.step()), -before);
        const inside = code.within(channel, x.shape[1]);
        place[1] = channel;
        const element = code.readIf(inside, x, code.linearIndex(x.shape, place));
        return [code.select(inside, code.fadd(sum, code.fmul(element, element)), sum)];
      },
      final(code, [sum]) {
        const base = code.ffma(code.constantFloat(alpha / size), sum, code.constantFloat(bias));
        return code.fdiv(code.read(x, code.linear()), pow(code, base, code.constantFloat(beta)));
      },
    });
  },
};
