/** Rounded to an integer, ties to even; a result of zero keeps the sign. */
import { FLOATS } from "../lowering/types.ts";
import { unary } from "../lowering/unary.ts";

export const Round = unary(
  "Round",
  (code, x) => code.frint(x),
  FLOATS,
  (whole) => whole,
);
