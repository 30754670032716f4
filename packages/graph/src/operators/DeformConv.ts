/**
 * Convolution at places moved by offsets: first the elements under each place of each window, interpolated from four (those
 * outside are +0) and times the mask; then a sum of products over (channel, kernel row, kernel column) within the group.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { dotProduct } from "../lowering/dot.ts";
import { FLOATS } from "../lowering/types.ts";
import { readWindow, windowCount } from "../lowering/window.ts";
import { constantSize, type Operator } from "../operator.ts";

export const DeformConv: Operator = {
  name: "DeformConv",
  inputs: [3, 5],
  lower(node) {
    const { graph, attributes } = node;
    const [x, w, offset] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS), node.input(2, ...FLOATS)];
    const [bias, mask] = [node.optional(3, ...FLOATS), node.optional(4, ...FLOATS)];
    const dtype = node.sameType(x, w, offset, bias, mask);
    check(x.shape.length === 4, "UNSUPPORTED", `an input of rank ${x.shape.length}; only images, of rank 4`);
    node.rank(w, 4, "the kernel");
    const [batch, channels, ...places] = x.shape;
    const [maps, groupChannels, ...kernel] = w.shape.map((size) => constantSize(size, "a kernel dimension"));
    const groups = attributes.int("group", 1);
    const offsetGroups = attributes.int("offset_group", 1);
    check(groups >= 1 && maps % groups === 0, "BAD_ATTRIBUTE", `${maps} feature maps in ${groups} groups`);
    const count = groupChannels * groups;
    node.equalSizes(channels, count, "channels");
    check(offsetGroups >= 1 && count % offsetGroups === 0, "BAD_ATTRIBUTE", `offset_group is ${offsetGroups}`);
    const declared = attributes.ints("kernel_shape", kernel);
    check(declared.join() === kernel.join(), "SHAPE_MISMATCH", `kernel_shape is ${declared}, the kernel ${kernel}`);
    const window = readWindow(node, places, kernel);
    const area = windowCount(window);
    const expect = (shape: readonly Dimension[], rows: number, what: string) => {
      const wanted = [batch, Dimension.constant(rows), ...window.output];
      check(shape.length === 4, "SHAPE_MISMATCH", `${what} has rank ${shape.length}, not 4`);
      wanted.forEach((size, axis) => node.equalSizes(shape[axis], size, `axis ${axis} of ${what}`));
    };
    expect(offset.shape, offsetGroups * area * 2, "the offset");
    if (mask) expect(mask.shape, offsetGroups * area, "the mask");
    if (bias) {
      node.rank(bias, 1, "the bias");
      node.equalSizes(bias.shape[0], maps, "bias");
    }
    const shape = [batch, channels, Dimension.constant(area), ...window.output];
    const kernelShape = kernel.map((size) => Dimension.constant(size));
    const sampled = graph.reduce(
      DType.FLOAT32,
      shape,
      dotProduct({
        dtype,
        extent: Dimension.constant(4),
        factors(code, r) {
          const [n, channel, place, ...at] = code.coordinates();
          const group = code.divide(channel, count / offsetGroups)[0];
          const row = code.iadd(code.times(group, area), place);
          const corner = code.split(r, [Dimension.constant(2), Dimension.constant(2)]);
          let weight: Value | undefined;
          let inside: Value | undefined;
          const indices = code.split(place, kernelShape).map((step, axis) => {
            const part = code.plus(code.times(row, 2), axis);
            const moved = code.read(offset, code.linearIndex(offset.shape, [n, part, ...at]));
            const start = code.isub(code.times(at[axis], window.strides[axis]), code.size(window.before[axis]));
            const base = code.iadd(start, code.times(step, window.dilations[axis]));
            const coordinate = code.fadd(code.itof(base), moved);
            const below = code.ffloor(coordinate);
            const t = code.fsub(coordinate, below);
            const own = code.select(corner[axis], t, code.fsub(code.constantFloat(1), t));
            weight = weight === undefined ? own : code.fmul(weight, own);
            const index = code.iadd(code.ftoi64(below), corner[axis]);
            const within = code.within(index, places[axis]);
            inside = inside === undefined ? within : code.and(inside, within);
            return index;
          });
          const linear = code.linearIndex(x.shape, [n, channel, ...indices]);
          return [code.readIf(inside!, x, linear), weight!];
        },
        final(code, sum) {
          if (mask === undefined) return sum;
          const [n, channel, place, ...at] = code.coordinates();
          const group = code.divide(channel, count / offsetGroups)[0];
          const row = code.iadd(code.times(group, area), place);
          return code.fmul(sum, code.read(mask, code.linearIndex(mask.shape, [n, row, ...at])));
        },
      }),
    );
    const extent = Dimension.constant(groupChannels * area);
    return graph.reduce(
      dtype,
      [batch, Dimension.constant(maps), ...window.output],
      dotProduct({
        dtype,
        extent,
        factors(code, r) {
          const [n, map, ...at] = code.coordinates();
          const [channel, place] = code.divide(r, area);
          const group = groups === 1 ? undefined : code.divide(map, maps / groups)[0];
          const from = group === undefined ? channel : code.iadd(code.times(group, groupChannels), channel);
          const element = code.read(sampled, code.linearIndex(shape, [n, from, place, ...at]));
          return [element, code.read(w, code.iadd(code.times(map, extent), r))];
        },
        final: (code, sum) => (bias ? code.fadd(sum, code.read(bias, code.index(1))) : sum),
      }),
    );
  },
};
