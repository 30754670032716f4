/** a and b, of booleans. */
import { DType } from "@assay/vm";
import { comparison } from "../lowering/binary.ts";

export const And = comparison(
  "And",
  (code, _dtype, a, b) => code.and(a, b),
  [DType.BOOL],
  (a, b) => a.mul(b),
);
