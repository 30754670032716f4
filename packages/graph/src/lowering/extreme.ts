/** The greatest or least of the elements over axes. */
import { DType, type Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { accumulateOver, reduction } from "./reduction.ts";
import { NUMBERS } from "./types.ts";

/**
 * @param none What there is of no elements.
 * @param better The better of two elements.
 * @param combine The better of two sizes that are known at import.
 */
export function extreme(
  name: string,
  none: (code: NodeCode, dtype: DType) => Value,
  better: (code: NodeCode, dtype: DType, a: Value, b: Value) => Value,
  combine: (a: Dimension, b: Dimension) => Dimension,
): Operator {
  return reduction(
    name,
    [...NUMBERS, DType.BOOL],
    18,
    (node, x, axes) =>
      accumulateOver(
        node,
        x,
        axes,
        (code) => none(code, x.dtype),
        (code, best, element) => better(code, x.dtype, best, element),
      ),
    { combine },
  );
}
