/** Part of a tensor: along each named axis from start to end in steps; starts, ends and steps are known at import. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { constantShape, linearOf, placesOf, withKnown } from "../lowering/known.ts";
import { cut, moved, type Origin } from "../lowering/moved.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

interface Cut {
  readonly start: Dimension;
  readonly step: number;
  readonly size: Dimension;
}

export const Slice: Operator = {
  name: "Slice",
  inputs: [1, 5],
  moves: "first",
  lower(node) {
    const x = node.input(0);
    const rank = x.shape.length;
    const old = node.opset < 10;
    const list = (index: number, name: string) =>
      old ? node.attributes.ints(name, undefined)?.map((value) => Dimension.constant(value)) : node.known(index);
    const [starts, ends, axes] = [list(1, "starts"), list(2, "ends"), list(3, "axes")];
    check(starts !== undefined && ends !== undefined, "BAD_ARITY", "starts and ends are missing");
    const steps = old ? undefined : node.constants(4);
    const places = axes?.map((axis) => node.axis(axis.constant ?? NaN, rank)) ?? starts.map((_, i) => i);
    check(
      ends.length === starts.length &&
        places.length === starts.length &&
        (steps?.length ?? places.length) === places.length,
      "SHAPE_MISMATCH",
      "starts, ends, axes and steps differ in length",
    );
    check(new Set(places).size === places.length && places.every((axis) => axis < rank), "BAD_ATTRIBUTE", "bad axes");
    const cuts = x.shape.map((size): Cut => ({ start: Dimension.constant(0), step: 1, size }));
    places.forEach((axis, i) => (cuts[axis] = cutOf(x.shape[axis], starts[i], ends[i], steps?.[i] ?? 1)));
    const shape = cuts.map(({ size }) => size);
    if (cuts.every(({ start, step, size }, axis) => start.equals(0) && step === 1 && size.equals(x.shape[axis])))
      return x;

    const value = sliced(node.graph, x, cuts);
    const sizes = constantShape(x.shape);
    const result = constantShape(shape);
    if (x.known === undefined || sizes === undefined || result === undefined) return value;
    const known = [...placesOf(result)].map(
      (place) =>
        x.known![
          linearOf(
            sizes,
            place.map((at, axis) => cuts[axis].start.constant! + at * cuts[axis].step),
          )
        ],
    );
    return withKnown(value, known);
  },
};

function sliced(graph: Graph, x: TensorValue, cuts: readonly Cut[]): TensorValue {
  const narrowed = cuts.flatMap(({ step, size }, axis) => (step === 1 && size.equals(x.shape[axis]) ? [] : [axis]));
  const [axis] = narrowed;
  if (narrowed.length === 1 && cuts[axis].step === 1) return cut(graph, x, axis, cuts[axis].start, cuts[axis].size);
  const origin: Origin = (code, at) =>
    cuts.map(({ start, step }, i) => code.plus(step === 1 ? at(i) : code.imul(at(i), code.constantInt(step)), start));
  return moved(
    graph,
    x,
    cuts.map(({ size }) => size),
    origin,
    undefined,
  );
}

/** Beyond this a bound means "to the end". */
const FAR = 2 ** 31 - 1;

function cutOf(size: Dimension, start: Dimension, end: Dimension, step: number): Cut {
  check(step !== 0 && Number.isFinite(step), "BAD_ATTRIBUTE", `a step is ${step}`);
  /** A bound counted from the end if negative, then kept between `least` and `greatest`. */
  const bound = (value: Dimension, least: number, greatest: Dimension): Dimension => {
    const { constant } = value;
    if (constant === undefined) {
      // A size negated counts from the end.
      if (value.mul(-1).least >= 0) return size.add(value).max(least);
      return size.equals(value) ? greatest : value.min(greatest);
    }
    if (constant >= FAR) return greatest;
    if (constant <= -FAR) return Dimension.constant(least);
    if (constant >= 0) {
      return size.constant === undefined
        ? Dimension.constant(constant).min(greatest)
        : clamp(constant, least, greatest);
    }
    const whole = size.constant;
    // The last of an axis that may have fewer.
    return whole === undefined ? size.sub(size.sub(least).min(-constant)) : clamp(whole + constant, least, greatest);
  };
  if (step > 0) {
    const [from, to] = [bound(start, 0, size), bound(end, 0, size)];
    const span = to.sub(from);
    const count =
      span.constant !== undefined
        ? Dimension.constant(Math.max(0, Math.ceil(span.constant / step)))
        : span.ceilDiv(step);
    return { start: from, step, size: count };
  }
  const [from, to] = [bound(start, -1, size.sub(1)), bound(end, -1, size.sub(1))];
  return { start: from, step, size: from.sub(to).max(0).ceilDiv(-step) };
}

function clamp(value: number, least: number, greatest: Dimension): Dimension {
  return Dimension.constant(Math.min(Math.max(value, least), greatest.constant!));
}
