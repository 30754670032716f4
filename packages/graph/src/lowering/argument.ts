/** Where along an axis the greatest or least element lies: NaN counts as greatest, -0 as +0, ties go to the lowest index. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { ReduceBody } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { isNaN, less } from "./arithmetic.ts";
import { accumulatorOf, isFloat } from "./types.ts";

export interface Argument {
  readonly dtype: DType;
  readonly extent: Dimension;
  /** Whether the greatest is looked for, not the least. */
  readonly greatest: boolean;
  /** Whether ties go to the highest index. */
  readonly last?: boolean;
  element(code: NodeCode, r: Value): Value;
}

/** Whether a comes before b, strictly: the greater or the lesser; NaN counts as greatest. */
export function ahead(code: NodeCode, dtype: DType, greatest: boolean, a: Value, b: Value): Value {
  const [low, high] = greatest ? [b, a] : [a, b];
  const ordered = less(code, dtype, low, high);
  if (!isFloat(dtype)) return ordered;
  // For the greatest, a NaN comes before every number; for the least, a number before every NaN.
  return code.or(ordered, code.and(isNaN(code, high), code.feq(low, low)));
}

/** The reduction whose result is the index. */
export function argument({ dtype, extent, greatest, last = false, element }: Argument): Omit<ReduceBody, "kind"> {
  return {
    extent,
    accumulators: [accumulatorOf(dtype), DType.INT64],
    init: (code) => [code.constant(0), code.constant(0)],
    step(code, [best, index]) {
      const r = code.step();
      const x = element(code, r);
      const better = last ? code.lnot(ahead(code, dtype, greatest, best, x)) : ahead(code, dtype, greatest, x, best);
      const taken = code.or(code.ieq(r, code.constant(0)), better);
      return [code.select(taken, x, best), code.select(taken, r, index)];
    },
    final: (_code, [, index]) => index,
  };
}
