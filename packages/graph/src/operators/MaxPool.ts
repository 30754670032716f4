/**
 * Greatest element of each window. Starts at -∞ and takes x where x > max, or where x is NaN and max is not; padding is
 * left out. The second output is the index of the element taken in the whole input.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { leastOf, less } from "../lowering/arithmetic.ts";
import { dequantisedFrom, quantisedOf } from "../lowering/dequantised.ts";
import { accumulatorOf, FLOATS, isFloat } from "../lowering/types.ts";
import { holdsElements, readPlace, readWindow, windowCount, windowPlace } from "../lowering/window.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";

export const MaxPool: Operator = {
  name: "MaxPool",
  inputs: [1, 1],
  outputs: 2,
  lower(node) {
    const { graph, attributes } = node;
    const given = node.input(0, ...FLOATS, DType.INT8, DType.UINT8);
    check(given.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${given.shape.length}, less than 3`);
    const [batch, channels, ...places] = given.shape;
    const window = readWindow(node, places, attributes.ints("kernel_shape"), attributes.flag("ceil_mode", false));
    // Of elements with one scale the greatest has the greatest byte; of none at all it is another.
    const quantised = holdsElements(window) ? quantisedOf(given) : undefined;
    const bytes = quantised?.grid.axis === undefined ? quantised : undefined;
    const x = bytes?.tensor ?? given;
    const columnMajor = attributes.flag("storage_order", false);
    const shape = [batch, channels, ...window.output];
    const extent = Dimension.constant(windowCount(window));
    const accumulator = accumulatorOf(x.dtype);

    /** Whether the place's element is taken over `greatest`, the element, and the place's coordinates. */
    const consider = (code: NodeCode, greatest: Value) => {
      const [n, channel, ...at] = code.coordinates();
      const place = windowPlace(code, window, at, code.step());
      const element = readPlace(code, x, [n, channel], place);
      // Of floats: the element is greater or NaN, and what was taken is not NaN.
      let taken = isFloat(x.dtype)
        ? code.and(code.lnot(code.fle(element, greatest)), code.feq(greatest, greatest))
        : less(code, x.dtype, greatest, element);
      if (place.inside !== undefined) taken = code.and(taken, place.inside);
      return { element, taken, place: [n, channel, ...place.coordinates] };
    };

    const greatest = graph.reduce(x.dtype, shape, {
      extent,
      accumulators: [accumulator],
      init: (code) => [leastOf(code, x.dtype)],
      step(code, [best]) {
        const { element, taken } = consider(code, best);
        return [code.select(taken, element, best)];
      },
      final: (_code, [best]) => best,
    });
    const result = bytes === undefined ? greatest : dequantisedFrom(graph, { ...bytes, tensor: greatest });
    if ((node.outputs[1] ?? "") === "") return [result, undefined];
    const order = columnMajor ? [0, 1, ...places.map((_, i) => places.length + 1 - i)] : undefined;
    const indices = graph.reduce(DType.INT64, shape, {
      extent,
      accumulators: [accumulator, DType.INT64],
      init: (code) => [leastOf(code, x.dtype), code.constant(0)],
      step(code, [best, index]) {
        const { element, taken, place } = consider(code, best);
        const sizes = order === undefined ? x.shape : order.map((axis) => x.shape[axis]);
        const linear = code.linearIndex(sizes, order === undefined ? place : order.map((axis) => place[axis]));
        return [code.select(taken, element, best), code.select(taken, linear, index)];
      },
      final: (_code, [, index]) => index,
    });
    return [result, indices];
  },
};
