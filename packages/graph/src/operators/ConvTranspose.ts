/**
 * Transposed convolution: a sum of products over (channel, kernel place) within the group, in that order, of the kernel's places
 * that the output's phase takes; where no input element lies, +0 takes part. The bias is one add afterwards.
 */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { transposedConvolution } from "../lowering/transposed.ts";
import { FLOATS } from "../lowering/types.ts";
import { constantSize, type Operator } from "../operator.ts";

export const ConvTranspose: Operator = {
  name: "ConvTranspose",
  inputs: [2, 3],
  lower(node) {
    const { graph, attributes } = node;
    const [x, w] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
    const bias = node.optional(2, ...FLOATS);
    const dtype = node.sameType(x, w, bias);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    node.rank(w, x.shape.length, "the kernel");
    const [, channels, ...places] = x.shape;
    const [inputs, groupMaps, ...kernel] = w.shape.map((size) => constantSize(size, "a kernel dimension"));
    const groups = attributes.int("group", 1);
    check(groups >= 1 && inputs % groups === 0, "BAD_ATTRIBUTE", `${inputs} channels in ${groups} groups`);
    node.equalSizes(channels, inputs, "channels");
    const declared = attributes.ints("kernel_shape", kernel);
    check(declared.join() === kernel.join(), "SHAPE_MISMATCH", `kernel_shape is ${declared}, the kernel ${kernel}`);
    const rank = kernel.length;
    const list = (name: string, fallback: number, length = rank): number[] => {
      const values = attributes.ints(name, undefined) ?? new Array<number>(length).fill(fallback);
      const valid = values.length === length && values.every((value) => value >= fallback && value < 2 ** 31);
      check(valid, "BAD_ATTRIBUTE", `${name} is ${values}`);
      return values;
    };
    const [strides, dilations, extra] = [list("strides", 1), list("dilations", 1), list("output_padding", 0)];
    const mode = attributes.choice("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], "NOTSET");
    const given = list("pads", 0, 2 * rank);
    const wanted = attributes.ints("output_shape", undefined);
    check((wanted?.length ?? rank) === rank, "BAD_ATTRIBUTE", `output_shape is ${wanted}`);
    const same = mode === "SAME_UPPER" || mode === "SAME_LOWER";
    const before: Dimension[] = [];
    const output = places.map((size, axis) => {
      const reach = dilations[axis] * (kernel[axis] - 1) + 1;
      const whole = size
        .sub(1)
        .mul(strides[axis])
        .add(reach + extra[axis]);
      if (wanted === undefined && !same) {
        const [first, last] = mode === "VALID" ? [0, 0] : [given[axis], given[rank + axis]];
        before.push(Dimension.constant(first));
        const rest = whole.sub(first + last);
        check((rest.constant ?? 1) >= 0, "SHAPE_MISMATCH", `axis ${axis} becomes ${rest}`);
        return rest;
      }
      // The padding that makes this output, its greater half after for SAME_UPPER, otherwise before.
      const target = wanted === undefined ? size.mul(strides[axis]) : Dimension.constant(wanted[axis]);
      check((target.constant ?? 1) >= 0, "BAD_ATTRIBUTE", `output_shape is ${wanted}`);
      const total = whole.sub(target).max(0);
      before.push(mode === "SAME_UPPER" ? total.div(2) : total.ceilDiv(2));
      return target;
    });
    if (bias) {
      node.rank(bias, 1, "the bias");
      node.equalSizes(bias.shape[0], groupMaps * groups, "bias");
    }
    return transposedConvolution(graph, {
      ...{ dtype, x, w, bias, groups, kernel, strides, dilations, before, output },
      maps: groupMaps,
      channels: inputs / groups,
    });
  },
};
