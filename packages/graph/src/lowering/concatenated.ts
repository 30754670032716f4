/** Tensors one after the other along an axis; a cache is read where it lies. */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { joinedView } from "../view.ts";
import { appended } from "./cache.ts";
import { joinedPart, partOf } from "./cachePart.ts";

/** Inputs of one node: each is a load, and a section has eight. */
const MOST_PARTS = 4;

/** One or more tensors of one type that differ in size along `axis` only; those of size 0 are left out. */
export function concatenated(graph: Graph, axis: number, inputs: readonly TensorValue[]): TensorValue {
  const cache = inputs.length === 2 ? appended(graph, inputs[0], inputs[1], axis) : undefined;
  if (cache !== undefined) return cache;
  const filled = inputs.filter((input) => !input.shape[axis].equals(0));
  if (filled.length <= 1) return filled[0] ?? inputs[0];
  const parts: TensorValue[] = [];
  for (let i = 0; i < filled.length; i += MOST_PARTS) {
    const group = filled.slice(i, i + MOST_PARTS);
    parts.push(group.length === 1 ? group[0] : joined(graph, axis, group));
  }
  return concatenated(graph, axis, parts);
}

function joined(graph: Graph, axis: number, inputs: readonly TensorValue[]): TensorValue {
  const [{ dtype, shape: own }] = inputs;
  const size = inputs.reduce((sum, input) => sum.add(input.shape[axis]), Dimension.constant(0));
  const shape = own.map((other, i) => (i === axis ? size : other));
  const element = (code: NodeCode, place: readonly Value[]): Value => {
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
  };
  const part = joinedPart(inputs.map(partOf), axis, size);
  if (part === undefined) return graph.map(dtype, shape, (code) => element(code, code.coordinates()));
  const view = inputs.every(({ source }) => source.kind === "view");
  const value = view
    ? joinedView(inputs, shape, element)
    : graph.map(dtype, shape, (code) => element(code, code.coordinates()));
  return { ...value, part };
}
