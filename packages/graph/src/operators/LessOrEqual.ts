/** a ≤ b. */
import { lessOrEqual } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { knownLessOrEqual } from "../lowering/known.ts";
import { NUMBERS } from "../lowering/types.ts";

export const LessOrEqual = comparison("LessOrEqual", lessOrEqual, NUMBERS, knownLessOrEqual);
