/** Operators whose output shape depends on values: they are computed at import, where those values are constants. */
import { DType, tensorOfWords, type Tensor, type Word } from "@assay/vm";
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import { constantTensor, constantValue, type TensorValue } from "../tensorValue.ts";

/** Most elements of a constant from which a shape is computed at import. */
const MAX_ELEMENTS = 2 ** 20;

/** Input `index` as a constant. Throws DATA_DEPENDENT_SHAPE where it is known only at run time. */
export function constantInput(node: NodeContext, index: number, ...dtypes: readonly DType[]): Tensor {
  const value = node.input(index, ...dtypes);
  const tensor = constantTensor(value);
  if (tensor === undefined) {
    node.fail("DATA_DEPENDENT_SHAPE", `the output's shape depends on input ${index}; fix it at import (--bind)`);
  }
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  check(count <= MAX_ELEMENTS, "TOO_LARGE", `input ${index} has ${count} elements, more than ${MAX_ELEMENTS}`);
  return tensor;
}

/** A constant of these words. */
export function constantOf(dtype: DType, shape: readonly number[], words: readonly Word[]): TensorValue {
  return constantValue(tensorOfWords(dtype, shape, [...words]));
}

/** A list of indices as an int64 constant. */
export function constantIndices(shape: readonly number[], indices: readonly number[]): TensorValue {
  return constantOf(DType.INT64, shape, indices.map(BigInt));
}
