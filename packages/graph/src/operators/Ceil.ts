/** Rounded up to an integer; a result of zero keeps the sign. */
import { FLOATS } from "../lowering/types.ts";
import { unary } from "../lowering/unary.ts";

export const Ceil = unary(
  "Ceil",
  (code, x) => code.fceil(x),
  FLOATS,
  (whole) => whole,
);
