/** a ≥ b. */
import { lessOrEqual } from "../lowering/arithmetic.ts";
import { comparison } from "../lowering/binary.ts";
import { knownLessOrEqual } from "../lowering/known.ts";
import { NUMBERS } from "../lowering/types.ts";

export const GreaterOrEqual = comparison(
  "GreaterOrEqual",
  (code, dtype, a, b) => lessOrEqual(code, dtype, b, a),
  NUMBERS,
  (a, b) => knownLessOrEqual(b, a),
);
