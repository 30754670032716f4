/** a or b, but not both, of booleans. */
import { DType } from "@assay/vm";
import { comparison } from "../lowering/binary.ts";

export const Xor = comparison("Xor", (code, _dtype, a, b) => code.xor(a, b), [DType.BOOL]);
