/** What If, Loop and Scan have in common: conditions that are known at import, and tensors put one on the other. */
import { DType } from "@assay/vm";
import { Dimension, sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
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
