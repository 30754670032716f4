/** a = b; -0 = +0, NaN equals nothing. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { equal } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { NUMBERS } from "../lowering/types.ts";

/** Of sizes: decided where they are the same, or one is a constant that the other is always above. */
function knownEqual(a: Dimension, b: Dimension): Dimension | undefined {
  if (a.equals(b)) return Dimension.constant(1);
  const [constants, others] = a.constant === undefined ? [b, a] : [a, b];
  if (constants.constant === undefined) return undefined;
  const apart = others.constant !== undefined || others.least > constants.constant;
  return apart ? Dimension.constant(0) : undefined;
}

export const Equal = comparison("Equal", equal, [...NUMBERS, DType.BOOL], knownEqual);
