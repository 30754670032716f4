/** a > b. */
import { less } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { knownLess } from "../lowering/known.ts";
import { NUMBERS } from "../lowering/types.ts";

export const Greater = comparison(
  "Greater",
  (code, dtype, a, b) => less(code, dtype, b, a),
  NUMBERS,
  (a, b) => knownLess(b, a),
);
