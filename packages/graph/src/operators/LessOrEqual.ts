/** a ≤ b. */
import { lessOrEqual } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";

export const LessOrEqual = comparison("LessOrEqual", lessOrEqual);
