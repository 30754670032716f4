/** a = b; -0 = +0, NaN equals nothing. */
import { DType } from "@assay/vm";
import { equal } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { NUMBERS } from "../lowering/types.ts";

export const Equal = comparison("Equal", equal, [...NUMBERS, DType.BOOL]);
