/**
 * Transposed convolution: output place o takes the kernel's places k with o + before = stride · i + dilation · k for an input
 * place i. Where a stride is greater than one that leaves only some of the kernel to each output place, which ones is said by
 * the phase (o + before) mod stride. Outputs of phases that take equally many are one tensor, a dense sum of products; one more
 * node puts the outputs in order. So no step is spent on places that do not meet.
 */
import { productOf, type DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Graph } from "../graph.ts";
import type { TensorValue } from "../tensorValue.ts";
import { dotProduct } from "./dot.ts";

export interface Transposed {
  readonly dtype: DType;
  /** [batch, channels, …places]. */
  readonly x: TensorValue;
  /** [channels, maps of a group, …kernel]. */
  readonly w: TensorValue;
  readonly bias: TensorValue | undefined;
  readonly groups: number;
  /** Maps of a group, and channels. */
  readonly maps: number;
  readonly channels: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before, and size of the output, per axis. */
  readonly before: readonly Dimension[];
  readonly output: readonly Dimension[];
}

/** Greatest rank of a tensor. */
const MAX_RANK = 8;

export function transposedConvolution(graph: Graph, layer: Transposed): TensorValue {
  const { strides, dilations } = layer;
  const strided = strides.flatMap((stride, axis) => (stride > 1 ? [axis] : []));
  const rank = 2 + (layer.groups > 1 ? 1 : 0) + strides.length + strided.length;
  const phased = strided.length > 0 && rank <= MAX_RANK && strided.every((axis) => dilations[axis] === 1);
  return phased ? byPhases(graph, layer) : direct(graph, layer);
}

const constants = (sizes: readonly number[]): Dimension[] => sizes.map((size) => Dimension.constant(size));

/** Adds the bias of a feature map. */
const biased = (code: NodeCode, { bias }: Transposed, sum: Value, map: Value): Value =>
  bias ? code.fadd(sum, code.read(bias, map)) : sum;

/** All of the kernel for every output; places that no input element meets take part as +0. */
function direct(graph: Graph, layer: Transposed): TensorValue {
  const { dtype, x, w, groups, maps, channels, kernel, strides, dilations, before, output } = layer;
  const [batch, , ...places] = x.shape;
  const area = productOf(kernel);
  return graph.reduce(
    dtype,
    [batch, Dimension.constant(maps * groups), ...output],
    dotProduct({
      dtype,
      extent: Dimension.constant(channels * area),
      factors(code, r) {
        const [n, map, ...at] = code.coordinates();
        const [inner, place] = code.divide(r, area);
        const [group, groupMap] = groups === 1 ? [undefined, map] : code.divide(map, maps);
        const channel = group === undefined ? inner : code.iadd(code.times(group, channels), inner);
        let met = code.constant(1);
        const taps = code.split(place, constants(kernel));
        const source = taps.map((k, axis) => {
          const shifted = code.isub(code.plus(at[axis], before[axis]), code.times(k, dilations[axis]));
          const stride = code.constant(strides[axis]);
          const from = strides[axis] === 1 ? shifted : code.ifloordiv(shifted, stride);
          if (strides[axis] > 1) met = code.and(met, code.lnot(code.imod(shifted, stride)));
          met = code.and(met, code.within(from, places[axis]));
          return from;
        });
        const weight = code.linearIndex(w.shape, [channel, groupMap, ...taps]);
        return [code.readIf(met, x, code.linearIndex(x.shape, [n, channel, ...source])), code.read(w, weight)];
      },
      final: (code, sum) => biased(code, layer, sum, code.index(1)),
    }),
  );
}

/** Phases [first, first + count) of an axis, which take `taps` places of the kernel each. */
interface Class {
  readonly first: number;
  readonly count: number;
  readonly taps: number;
}

/** The classes of an axis: phase p takes places p, p + stride, … of the kernel. */
function classesOf(kernel: number, stride: number): Class[] {
  const [taps, more] = [Math.floor(kernel / stride), kernel % stride];
  const all = [
    { first: 0, count: more, taps: taps + 1 },
    { first: more, count: stride - more, taps },
  ];
  return all.filter(({ count }) => count > 0);
}

/** One class of each axis, and the outputs of those phases: nothing where they take no place of the kernel. */
interface Part {
  readonly classes: readonly Class[];
  readonly sums: TensorValue | undefined;
}

function byPhases(graph: Graph, layer: Transposed): TensorValue {
  const { dtype, x, groups, maps, kernel, strides, before, output } = layer;
  const combinations = strides.reduce<Class[][]>(
    (all, stride, axis) => all.flatMap((some) => classesOf(kernel[axis], stride).map((one) => [...some, one])),
    [[]],
  );
  const parts = combinations.map((classes): Part => ({ classes, sums: sumsOf(graph, layer, classes) }));
  return graph.map(dtype, [x.shape[0], Dimension.constant(maps * groups), ...output], (code) => {
    const [n, map, ...at] = code.coordinates();
    const shifted = at.map((place, axis) => code.divide(code.plus(place, before[axis]), strides[axis]));
    const [group, groupMap] = groups === 1 ? [undefined, map] : code.divide(map, maps);
    const valueOf = ({ classes, sums }: Part): Value => {
      if (sums === undefined) return biased(code, layer, code.constant(0), map);
      const phases = shifted.flatMap(([, phase], axis) =>
        strides[axis] > 1 ? [code.plus(phase, -classes[axis].first)] : [],
      );
      const place = [n, ...(group === undefined ? [] : [group]), groupMap, ...phases, ...shifted.map(([turn]) => turn)];
      return code.read(sums, code.linearIndex(sums.shape, place));
    };
    const isIn = ({ classes }: Part): Value =>
      classes
        .flatMap(({ first, count }, axis) => {
          if (count === strides[axis]) return [];
          const [, phase] = shifted[axis];
          const below = code.ilt(phase, code.constant(first + count));
          return [first === 0 ? below : code.lnot(code.ilt(phase, code.constant(first)))];
        })
        .reduce((all, one) => code.and(all, one));
    return parts.slice(1).reduce((value, part) => code.select(isIn(part), valueOf(part), value), valueOf(parts[0]));
  });
}

/** Outputs of some phases: [batch, group?, map, …phases of strided axes, …turns], of output place stride · turn + phase - before. */
function sumsOf(graph: Graph, layer: Transposed, classes: readonly Class[]): TensorValue | undefined {
  const { dtype, x, w, groups, maps, channels, strides, dilations, before, output } = layer;
  const [batch, , ...places] = x.shape;
  const taps = classes.map((one) => one.taps);
  const area = productOf(taps);
  if (area === 0) return undefined;
  const turns = output.map((size, axis) => size.add(before[axis]).ceilDiv(strides[axis]));
  const phases = classes.filter((_, axis) => strides[axis] > 1).map(({ count }) => count);
  const grouped = groups === 1 ? [] : [groups];
  return graph.reduce(
    dtype,
    [batch, ...constants([...grouped, maps, ...phases]), ...turns],
    dotProduct({
      dtype,
      extent: Dimension.constant(channels * area),
      factors(code, r) {
        const { n, group, map, phase, turn } = placeOf(code, layer);
        const [inner, place] = code.divide(r, area);
        const channel = group === undefined ? inner : code.iadd(code.times(group, channels), inner);
        const tap = code.split(place, constants(taps));
        let met = code.constant(1);
        const source = tap.map((j, axis) => {
          // Where the stride is one, the only phase's places are a dilation apart.
          const from = code.isub(turn[axis], strides[axis] > 1 ? j : code.times(j, dilations[axis]));
          met = code.and(met, code.within(from, places[axis]));
          return from;
        });
        const own = tap.map((j, axis) => {
          const first = phase[axis];
          if (first === undefined) return j;
          return code.iadd(code.plus(first, classes[axis].first), code.times(j, strides[axis]));
        });
        const weight = code.linearIndex(w.shape, [channel, map, ...own]);
        return [code.readIf(met, x, code.linearIndex(x.shape, [n, channel, ...source])), code.read(w, weight)];
      },
      final(code, sum) {
        const { group, map } = placeOf(code, layer);
        return biased(code, layer, sum, group === undefined ? map : code.iadd(code.times(group, maps), map));
      },
    }),
  );
}

/** The coordinates of `sumsOf`; the phase of an axis whose stride is one is undefined. */
function placeOf(code: NodeCode, { groups, strides }: Transposed) {
  const place = code.coordinates();
  const n = place.shift()!;
  const group = groups === 1 ? undefined : place.shift()!;
  const map = place.shift()!;
  const phase = strides.map((stride) => (stride > 1 ? place.shift() : undefined));
  return { n, group, map, phase, turn: place };
}
