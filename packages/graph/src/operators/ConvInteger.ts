/** Convolution of 8-bit integers less their zero points, in int32; padding counts as the zero point. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { readPlace, readWindow, windowCount, windowPlace } from "../lowering/window.ts";
import { constantSize, type Operator } from "../operator.ts";

export const ConvInteger: Operator = {
  name: "ConvInteger",
  inputs: [2, 4],
  lower(node) {
    const { graph, attributes } = node;
    const types = [DType.INT8, DType.UINT8] as const;
    const [x, w] = [node.input(0, ...types), node.input(1, ...types)];
    const [zeroX, zeroW] = [node.optional(2, x.dtype), node.optional(3, w.dtype)];
    for (const zero of [zeroX, zeroW]) {
      const scalar = zero === undefined || zero.shape.every((size) => size.equals(1));
      check(scalar, "UNSUPPORTED", "a zero point per channel");
    }
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    node.rank(w, x.shape.length, "the kernel");
    const [batch, channels, ...places] = x.shape;
    const [maps, groupChannels, ...kernel] = w.shape.map((size) => constantSize(size, "a kernel dimension"));
    const groups = attributes.int("group", 1);
    check(groups >= 1 && maps % groups === 0, "BAD_ATTRIBUTE", `${maps} feature maps in ${groups} groups`);
    node.equalSizes(channels, groupChannels * groups, "channels");
    attributes.ints("kernel_shape", kernel);
    const window = readWindow(node, places, kernel);
    const extent = Dimension.constant(groupChannels * windowCount(window));
    return graph.reduce(DType.INT32, [batch, Dimension.constant(maps), ...window.output], {
      extent,
      accumulators: [DType.INT32],
      init: (code) => [code.constant(0)],
      step(code, [sum]) {
        const r = code.step();
        const [n, map, ...at] = code.coordinates();
        const [channel, place] = code.divide(r, windowCount(window));
        const [group] = code.divide(map, maps / groups);
        const from = groups === 1 ? channel : code.iadd(code.times(group, groupChannels), channel);
        const source = windowPlace(code, window, at, place);
        const zero = code.constant(0);
        const element = readPlace(code, x, [n, from], source);
        const centred = zeroX === undefined ? element : code.isub(element, code.read(zeroX, zero));
        const inside = source.inside === undefined ? centred : code.select(source.inside, centred, zero);
        const weight = code.read(w, code.iadd(code.times(map, extent), r));
        const factor = zeroW === undefined ? weight : code.isub(weight, code.read(zeroW, zero));
        return [code.iadd(code.imul(inside, factor), sum)];
      },
      final: (_code, [sum]) => sum,
    });
  },
};
