/**
 * What a loop hands on as it was: weights, as TensorFlow's loops have them among what they carry. It is the same in all times
 * round, so the body reads what the loop starts with.
 */
import { DType } from "@assay/vm";
import { GraphError } from "../errors.ts";
import type { Subgraph } from "../operator.ts";
import { splat, type TensorValue } from "../tensorValue.ts";
import { viewValue } from "../view.ts";

/** For each carried value, whether the body of a loop hands on the very value that it is given. */
export function unchangedBy(body: Subgraph, values: readonly TensorValue[]): boolean[] {
  const given = values.map(({ dtype, shape }) =>
    viewValue(dtype, { shape, nodes: [], earlier: false, read: (code) => code.constant(0) }),
  );
  try {
    const [, ...results] = body.examine([splat(DType.INT64, [], 0), splat(DType.BOOL, [], 1), ...given]);
    return given.map((value, i) => results[i] === value);
  } catch (error) {
    // What makes the body impossible is told when it is lowered.
    if (error instanceof GraphError) return values.map(() => false);
    throw error;
  }
}
