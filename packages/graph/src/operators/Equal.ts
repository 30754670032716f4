/** a = b; -0 = +0, NaN equals nothing. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { equal } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { NUMBERS } from "../lowering/types.ts";

/** Of sizes: decided where they are the same, or one is always above the other. */
function knownEqual(a: Dimension, b: Dimension): Dimension | undefined {
  if (a.equals(b)) return Dimension.constant(1);
  const { least, greatest } = a.sub(b);
  return least > 0 || greatest < 0 ? Dimension.constant(0) : undefined;
}

export const Equal = comparison("Equal", equal, [...NUMBERS, DType.BOOL], knownEqual);
