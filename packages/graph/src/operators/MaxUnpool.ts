/**
 * The inverse of MaxPool: each element goes to the index where it was found, all else is +0. Only the windows that meet a place
 * are asked for it, the last of them first to answer; an index that lies outside its own window, which MaxPool never gives, is
 * ignored. Indices count in the shape that the windows make, which `output_shape` may extend at its end.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const MaxUnpool: Operator = {
  name: "MaxUnpool",
  inputs: [2, 3],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    const indices = node.input(1, DType.INT64);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    node.rank(indices, x.shape.length, "indices");
    x.shape.forEach((size, axis) => node.equalSizes(indices.shape[axis], size, `axis ${axis} of indices`));
    const [batch, channels, ...places] = x.shape;
    const rank = places.length;
    const list = (name: string, least: number, length: number, fallback?: number): number[] => {
      const values = attributes.ints(name, undefined) ?? new Array<number>(length).fill(fallback ?? NaN);
      const valid = values.length === length && values.every((value) => value >= least && value < 2 ** 31);
      check(valid, "BAD_ATTRIBUTE", `${name} is ${values}`);
      return values;
    };
    const kernel = list("kernel_shape", 1, rank);
    const strides = list("strides", 1, rank, 1);
    const pads = list("pads", 0, 2 * rank, 0);
    const made = places.map((size, axis) => {
      const whole = size
        .sub(1)
        .mul(strides[axis])
        .add(kernel[axis] - pads[axis] - pads[rank + axis]);
      check((whole.constant ?? 0) >= 0, "SHAPE_MISMATCH", `axis ${axis} becomes ${whole}`);
      return whole;
    });
    const inner = [batch, channels, ...made];
    const wanted = node.known(2);
    check((wanted?.length ?? inner.length) === inner.length, "SHAPE_MISMATCH", `output_shape is ${wanted}`);
    const shape = wanted ?? inner;
    node.equalSizes(shape[0], batch, "batch");
    node.equalSizes(shape[1], channels, "channels");
    // Windows that meet one place, per axis.
    const candidates = kernel.map((size, axis) => Math.ceil(size / strides[axis]));
    const dimensions = candidates.map((count) => Dimension.constant(count));
    return graph.reduce(x.dtype, shape, {
      extent: Dimension.constant(candidates.reduce((product, count) => product * count, 1)),
      accumulators: [DType.FLOAT32],
      init: (code) => [code.constant(0)],
      step(code, [found]) {
        const [n, channel, ...at] = code.coordinates();
        const own = code.linearIndex(inner, [n, channel, ...at]);
        let met: Value | undefined;
        const meet = (condition: Value) => (met = met === undefined ? condition : code.and(met, condition));
        const window = code.split(code.step(), dimensions).map((which, axis) => {
          meet(code.within(at[axis], made[axis]));
          const last = code.divide(code.plus(at[axis], pads[axis]), strides[axis])[0];
          const place = code.iadd(code.plus(last, 1 - candidates[axis]), which);
          meet(code.within(place, places[axis]));
          return place;
        });
        const linear = code.linearIndex(x.shape, [n, channel, ...window]);
        const taken = code.and(met!, code.ieq(code.readIf(met!, indices, linear), own));
        return [code.select(taken, code.readIf(met!, x, linear), found)];
      },
      final: (_code, [found]) => found,
    });
  },
};
