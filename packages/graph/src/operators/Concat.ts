/** Tensors one after the other along an axis. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { appended } from "../lowering/cache.ts";
import { constantShape, linearOf, placesOf, withKnown } from "../lowering/known.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import type { Graph } from "../graph.ts";

/** Inputs of one node: each is a load, and a section has eight. */
const MOST_PARTS = 4;

export const Concat: Operator = {
  name: "Concat",
  inputs: [1, 4096],
  lower(node) {
    const inputs = node.all();
    const dtype = node.sameType(...inputs);
    const [first] = inputs;
    const axis = node.axis(node.attributes.int("axis"), first.shape.length);
    for (const input of inputs) {
      node.rank(input, first.shape.length, "an input");
      input.shape.forEach((size, i) => {
        if (i !== axis) node.equalSizes(size, first.shape[i], `axis ${i}`);
      });
    }
    const value = concatenate(
      node.graph,
      dtype,
      axis,
      inputs.filter((input) => !input.shape[axis].equals(0)),
    );
    if (value === undefined) return first;
    return withKnown(value, knownElements(inputs, axis));
  },
};

/** Tensors along an axis, four at a time until one is left; a cache is read where it lies. Undefined if there is nothing. */
export function concatenate(
  graph: Graph,
  dtype: DType,
  axis: number,
  inputs: readonly TensorValue[],
): TensorValue | undefined {
  if (inputs.length <= 1) return inputs[0];
  const cache = inputs.length === 2 ? appended(graph, inputs[0], inputs[1], axis) : undefined;
  if (cache !== undefined) return cache;
  const parts: TensorValue[] = [];
  for (let i = 0; i < inputs.length; i += MOST_PARTS) {
    const group = inputs.slice(i, i + MOST_PARTS);
    parts.push(group.length === 1 ? group[0] : joined(graph, dtype, axis, group));
  }
  return concatenate(graph, dtype, axis, parts);
}

function joined(graph: Graph, dtype: DType, axis: number, inputs: readonly TensorValue[]): TensorValue {
  const size = inputs.reduce((sum, input) => sum.add(input.shape[axis]), Dimension.constant(0));
  const shape = inputs[0].shape.map((own, i) => (i === axis ? size : own));
  return graph.map(dtype, shape, (code: NodeCode) => {
    const place = code.coordinates();
    let start = Dimension.constant(0);
    let value: Value | undefined;
    for (const input of inputs) {
      const at = start.equals(0) ? place[axis] : code.isub(place[axis], code.size(start));
      const source = place.map((coordinate, i) => (i === axis ? at : coordinate));
      const part = code.read(input, code.linearIndex(input.shape, source));
      // The last part whose start is not beyond the place is the one.
      value = value === undefined ? part : code.select(code.ilt(at, code.constant(0)), value, part);
      start = start.add(input.shape[axis]);
    }
    return value!;
  });
}

function knownElements(inputs: readonly TensorValue[], axis: number): Dimension[] | undefined {
  const shapes = inputs.map((input) => constantShape(input.shape));
  if (!shapes.every((shape) => shape !== undefined)) return undefined;
  if (!inputs.every((input) => input.known !== undefined)) return undefined;
  const size = shapes.reduce((sum, shape) => sum + shape[axis], 0);
  const whole = shapes[0].map((own, i) => (i === axis ? size : own));
  return [...placesOf(whole)].map((place) => {
    let part = 0;
    let at = place[axis];
    while (at >= shapes[part][axis]) at -= shapes[part++][axis];
    return inputs[part].known![
      linearOf(
        shapes[part],
        place.map((own, i) => (i === axis ? at : own)),
      )
    ];
  });
}
