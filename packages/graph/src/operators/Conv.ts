/**
 * Convolution of any rank with groups: a sum of products over (channel, kernel place) within the group, in that order;
 * padding takes part as +0; the bias is one add afterwards.
 */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { dequantisedConvolution, type Product } from "../lowering/dequantisedProduct.ts";
import { dotProduct } from "../lowering/dot.ts";
import { FLOATS } from "../lowering/types.ts";
import { readPlace, readWindow, windowCount, windowPlace } from "../lowering/window.ts";
import { constantSize, type Operator } from "../operator.ts";

export const Conv: Operator = {
  name: "Conv",
  inputs: [2, 3],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    const w = node.input(1, ...FLOATS);
    const bias = node.optional(2, ...FLOATS);
    const dtype = node.sameType(x, w, bias);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    node.rank(w, x.shape.length, "the kernel");
    const [batch, channels, ...places] = x.shape;
    const [maps, groupChannels, ...kernel] = w.shape.map((size) => constantSize(size, "a kernel dimension"));
    const groups = attributes.int("group", 1);
    check(groups >= 1 && maps % groups === 0, "BAD_ATTRIBUTE", `${maps} feature maps in ${groups} groups`);
    node.equalSizes(channels, groupChannels * groups, "channels");
    const declared = attributes.ints("kernel_shape", kernel);
    check(declared.join() === kernel.join(), "SHAPE_MISMATCH", `kernel_shape is ${declared}, the kernel ${kernel}`);
    if (bias) {
      node.rank(bias, 1, "the bias");
      node.equalSizes(bias.shape[0], maps, "bias");
    }
    const window = readWindow(node, places, kernel);
    const extent = Dimension.constant(groupChannels * windowCount(window));
    const product: Product = (final) =>
      dotProduct({
        dtype,
        extent,
        factors(code, r) {
          const [n, map, ...at] = code.coordinates();
          const [channel, place] = code.divide(r, windowCount(window));
          const group = groups === 1 ? undefined : code.divide(map, maps / groups)[0];
          const from = group === undefined ? channel : code.iadd(code.times(group, groupChannels), channel);
          const source = windowPlace(code, window, at, place);
          const weight = code.read(w, code.iadd(code.times(map, extent), r));
          return [readPlace(code, x, [n, from], source), weight];
        },
        final,
      });
    return graph.reduce(
      dtype,
      [batch, Dimension.constant(maps), ...window.output],
      (dequantisedConvolution(node, x, w) ?? product)((code, sum) =>
        bias ? code.fadd(sum, code.read(bias, code.index(1))) : sum,
      ),
    );
  },
};
