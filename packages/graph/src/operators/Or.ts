/** a or b, of booleans. */
import { DType } from "@assay/vm";
import { comparison } from "../lowering/binary.ts";

export const Or = comparison(
  "Or",
  (code, _dtype, a, b) => code.or(a, b),
  [DType.BOOL],
  (a, b) => a.max(b),
);
