/**
 * Lp norm of each window: |x|^p summed from +0 over its places in order, then the p-th root. Padding is left out. p = 1 and 2
 * are sums of |x| and x², with √ for the root; others go through `pow`.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { readNorm } from "../lowering/norm.ts";
import { FLOATS } from "../lowering/types.ts";
import { readPlace, readWindow, windowCount, windowPlace } from "../lowering/window.ts";
import type { Operator } from "../operator.ts";

export const LpPool: Operator = {
  name: "LpPool",
  inputs: [1, 1],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    const [batch, channels, ...places] = x.shape;
    const { power, root } = readNorm(node);
    const window = readWindow(node, places, attributes.ints("kernel_shape"), attributes.flag("ceil_mode", false));
    return graph.reduce(x.dtype, [batch, channels, ...window.output], {
      extent: Dimension.constant(windowCount(window)),
      accumulators: [DType.FLOAT32],
      init: (code) => [code.constant(0)],
      step(code, [sum]) {
        const [n, channel, ...at] = code.coordinates();
        const place = windowPlace(code, window, at, code.step());
        const total = code.fadd(sum, power(code, readPlace(code, x, [n, channel], place)));
        return [place.inside === undefined ? total : code.select(place.inside, total, sum)];
      },
      final: (code, [sum]) => root(code, sum),
    });
  },
};
