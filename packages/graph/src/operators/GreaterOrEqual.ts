/** a ≥ b. */
import { lessOrEqual } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";

export const GreaterOrEqual = comparison("GreaterOrEqual", (code, dtype, a, b) => lessOrEqual(code, dtype, b, a));
