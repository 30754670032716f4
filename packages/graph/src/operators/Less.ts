/** a < b. */
import { less } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { knownLess } from "../lowering/known.ts";
import { NUMBERS } from "../lowering/types.ts";

export const Less = comparison("Less", less, NUMBERS, knownLess);
