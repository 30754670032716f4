/** a > b. */
import { less } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";

export const Greater = comparison("Greater", (code, dtype, a, b) => less(code, dtype, b, a));
