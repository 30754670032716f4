/**
 * Mean of each window: the sum from +0 over its places in order ÷ their number, padding counted or not. Places beyond the
 * padding, which ceil_mode makes, never count.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { FLOATS } from "../lowering/types.ts";
import { insidePadded, isInside, readPlace, readWindow, windowCount, windowPlace } from "../lowering/window.ts";
import type { Operator } from "../operator.ts";

export const AveragePool: Operator = {
  name: "AveragePool",
  inputs: [1, 1],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    const [batch, channels, ...places] = x.shape;
    const ceiling = attributes.flag("ceil_mode", false);
    const padding = attributes.flag("count_include_pad", false);
    const window = readWindow(node, places, attributes.ints("kernel_shape"), ceiling);
    const count = windowCount(window);
    const counted = padding ? ceiling : !isInside(window);
    return graph.reduce(x.dtype, [batch, channels, ...window.output], {
      extent: Dimension.constant(count),
      accumulators: counted ? [DType.FLOAT32, DType.INT32] : [DType.FLOAT32],
      init: (code) => (counted ? [code.constant(0), code.constant(0)] : [code.constant(0)]),
      step(code, [sum, number]) {
        const [n, channel, ...at] = code.coordinates();
        const place = windowPlace(code, window, at, code.step());
        const element = readPlace(code, x, [n, channel], place);
        const total = code.fadd(sum, element);
        if (!counted) return [total];
        // Padding is left out, so that it cannot turn a sum of -0 into +0.
        const inside = (padding ? insidePadded(code, window, place.coordinates) : place.inside) ?? code.constant(1);
        return [code.select(inside, total, sum), code.iadd(number, inside)];
      },
      final: (code, [sum, number]) => code.fdiv(sum, counted ? code.itof(number) : code.constantFloat(count)),
    });
  },
};
