/**
 * Mean of each window of a quantised tensor: the integer sum of the elements less their zero point, times the scale, ÷ the
 * number of places, quantised. Padding, where it is counted, is zero.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { elementOf, readQuantity, readScale, scaleOf, zeroOf } from "../../lowering/qlinear.ts";
import { isInside, readPlace, readWindow, windowCount, windowPlace } from "../../lowering/window.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearAveragePool: Operator = {
  name: "QLinearAveragePool",
  domain: MICROSOFT,
  inputs: [4, 5],
  absent: [2],
  lower(node) {
    const { graph, attributes } = node;
    const x = readQuantity(node, 0);
    const { tensor } = x;
    const { dtype } = tensor;
    const y = readScale(node, 3, dtype);
    check(!attributes.flag("channels_last", false), "UNSUPPORTED", "channels_last");
    check(tensor.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${tensor.shape.length}, less than 3`);
    const [batch, channels, ...places] = tensor.shape;
    const ceiling = attributes.flag("ceil_mode", false);
    const padding = attributes.flag("count_include_pad", false);
    check(!(padding && ceiling), "UNSUPPORTED", "ceil_mode with count_include_pad");
    const window = readWindow(node, places, attributes.ints("kernel_shape"), ceiling);
    const count = windowCount(window);
    const counted = !padding && !isInside(window);
    return graph.reduce(dtype, [batch, channels, ...window.output], {
      extent: Dimension.constant(count),
      accumulators: counted ? [DType.INT32, DType.INT32] : [DType.INT32],
      init: (code) => (counted ? [code.constant(0), code.constant(0)] : [code.constant(0)]),
      step(code, [sum, number]) {
        const [n, channel, ...at] = code.coordinates();
        const place = windowPlace(code, window, at, code.step());
        const element = readPlace(code, tensor, [n, channel], place);
        const zero = zeroOf(code, x);
        const centred = zero === undefined ? element : code.isub(element, zero);
        const total = code.iadd(sum, centred);
        const kept = place.inside === undefined ? total : code.select(place.inside, total, sum);
        return counted ? [kept, code.iadd(number, place.inside ?? code.constant(1))] : [kept];
      },
      final(code, [sum, number]) {
        const scaled = code.fmul(code.itof(sum), scaleOf(code, x));
        const mean = code.fdiv(scaled, counted ? code.itof(number) : code.constantFloat(count));
        return elementOf(code, dtype, mean, y);
      },
    });
  },
};
