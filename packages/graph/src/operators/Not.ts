/** Logical complement. */
import { DType } from "@assay/vm";
import { unary } from "../lowering/unary.ts";

export const Not = unary("Not", (code, x) => code.lnot(x), [DType.BOOL]);
