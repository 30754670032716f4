/** Logical complement. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { unary } from "../lowering/unary.ts";

export const Not = unary(
  "Not",
  (code, x) => code.lnot(x),
  [DType.BOOL],
  (truth) => Dimension.constant(1).sub(truth),
);
