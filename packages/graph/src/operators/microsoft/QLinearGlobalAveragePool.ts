/** Mean over all places of each channel of a quantised tensor: the integer sum, requantised by (scale ÷ count) ÷ scale of Y. */
import { DType } from "@assay/vm";
import { countOf } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { readQuantity, readScale, scaleOf, zeroOf } from "../../lowering/qlinear.ts";
import { quantised } from "../../lowering/quantisation.ts";
import { MICROSOFT, type Operator } from "../../operator.ts";

export const QLinearGlobalAveragePool: Operator = {
  name: "QLinearGlobalAveragePool",
  domain: MICROSOFT,
  inputs: [4, 5],
  lower(node) {
    const x = readQuantity(node, 0);
    const { tensor } = x;
    const y = readScale(node, 3, tensor.dtype);
    const last = node.attributes.flag("channels_last", false);
    check(tensor.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${tensor.shape.length}, less than 3`);
    const channel = last ? tensor.shape.length - 1 : 1;
    const isPlace = (axis: number) => axis !== 0 && axis !== channel;
    const places = tensor.shape.filter((_, axis) => isPlace(axis));
    const extent = countOf(places);
    return node.graph.reduce(
      tensor.dtype,
      tensor.shape.map((size, axis) => (isPlace(axis) ? size.mul(0).add(1) : size)),
      {
        extent,
        accumulators: [DType.INT32],
        init: (code) => [code.constant(0)],
        step(code, [sum]) {
          const at = code.split(code.step(), places);
          const coordinates = code.coordinates().map((own, axis) => (isPlace(axis) ? at.shift()! : own));
          const element = code.read(tensor, code.linearIndex(tensor.shape, coordinates));
          const zero = zeroOf(code, x);
          return [code.iadd(sum, zero === undefined ? element : code.isub(element, zero))];
        },
        final(code, [sum]) {
          const share = code.fdiv(scaleOf(code, x), code.utof(code.size(extent)));
          const factor = code.fdiv(share, scaleOf(code, y));
          return quantised(code, tensor.dtype, code.fmul(code.itof(sum), factor), zeroOf(code, y));
        },
      },
    );
  },
};
