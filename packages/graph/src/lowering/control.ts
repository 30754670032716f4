/** What If, Loop and Scan have in common: conditions, loops by rows or unrolled, and tensors put one on the other. */
import { DType, nameOf } from "@assay/vm";
import { Dimension, formatShape, sameShape } from "../dimension.ts";
import { check, GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { constantTensor, withShape, type TensorValue } from "../tensorValue.ts";
import { concatenated } from "./concatenated.ts";

/** Most times round a loop that is unrolled. */
export const MAX_UNROLLED = 1024;

/** A boolean of one element, where it does not depend on inputs. */
export function knownCondition(value: TensorValue): boolean | undefined {
  const known = value.known?.[0].constant;
  if (known !== undefined) return known !== 0;
  const tensor = constantTensor(value);
  return tensor === undefined || tensor.dtype !== DType.BOOL ? undefined : tensor.data[0] !== 0;
}

/** The elements of `yes` or of `no`, as a boolean says at run time. Throws UNSUPPORTED where their shapes differ. */
export function chosen(graph: Graph, condition: TensorValue, yes: TensorValue, no: TensorValue): TensorValue {
  const between = (a: string, b: string) => `a run-time condition chooses between ${a} and ${b}`;
  check(yes.dtype === no.dtype, "TYPE_MISMATCH", between(nameOf(yes.dtype), nameOf(no.dtype)));
  const shapes = between(formatShape(yes.shape), formatShape(no.shape));
  check(sameShape(yes.shape, no.shape), "UNSUPPORTED", `${shapes}; fix its inputs at import (--bind)`);
  const labels = JSON.stringify(yes.labels) === JSON.stringify(no.labels);
  check(labels, "UNSUPPORTED", between("strings", "strings of another table"));
  const value = graph.elementwise(
    yes.dtype,
    [condition, yes, no],
    (code, flag, a, b) => code.select(flag, a, b),
    yes.shape,
  );
  return yes.labels === undefined ? value : { ...value, labels: yes.labels };
}

/**
 * A loop of `rows` times round (undefined: as long as a condition holds) as a row group; unrolled where that has one row, where the
 * loop lies in one that is a row group, or where its body cannot be computed by rows. Throws `GraphError` where neither is possible.
 */
export function repeated(
  graph: Graph,
  rows: Dimension | undefined,
  byRows: () => TensorValue[],
  unrolled: () => TensorValue[],
): TensorValue[] {
  const count = rows?.constant;
  const fixed = rows === undefined || count !== undefined;
  const unroll = (why: string): TensorValue[] => {
    const few = count === undefined || count <= MAX_UNROLLED;
    check(few, "TOO_LARGE", `${count} times round a loop that cannot be computed by rows: ${why}`);
    return unrolled();
  };
  if (fixed && graph.ofRows) return unroll("it lies in one that is");
  if (count !== undefined && count <= 1) return unrolled();
  const before = graph.nodes.length;
  try {
    return byRows();
  } catch (error) {
    if (!(error instanceof GraphError) || !fixed) throw error;
    graph.nodes.length = before;
    return unroll(error.reason);
  }
}

/** Tensors of one type and shape along a new axis. */
export function stacked(graph: Graph, parts: readonly TensorValue[], axis: number): TensorValue {
  const [first] = parts;
  const same = parts.every(({ dtype, shape }) => dtype === first.dtype && sameShape(shape, first.shape));
  check(
    parts.every(({ labels }) => labels === undefined),
    "UNSUPPORTED",
    "a loop that collects strings",
  );
  check(same, "SHAPE_MISMATCH", "the shape of an output differs from one time round the loop to the next");
  const shape = [...first.shape.slice(0, axis), Dimension.constant(1), ...first.shape.slice(axis)];
  const single = parts.map((part) => withShape(part, shape));
  return concatenated(graph, axis, single);
}
