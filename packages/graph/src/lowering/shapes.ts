/** Sizes as run-time tensors. */
import type { DType, Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { TensorValue } from "../tensorValue.ts";
import { withKnown } from "./known.ts";

/** A tensor of sizes, row-major, whose elements are known at import. */
export function shapeTensor(
  graph: Graph,
  dtype: DType,
  shape: readonly Dimension[],
  sizes: readonly Dimension[],
): TensorValue {
  const value = graph.map(dtype, shape, (code) =>
    sizes.reduceRight<Value>(
      (rest, size, i) => code.select(code.ieq(code.linear(), code.constant(i)), code.size(size), rest),
      code.constant(0),
    ),
  );
  return withKnown(value, sizes);
}
