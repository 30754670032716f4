/** a < b. */
import { less } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";

export const Less = comparison("Less", less);
