/** Rounded down to an integer; the sign of zero is kept. */
import { FLOATS } from "../lowering/types.ts";
import { unary } from "../lowering/unary.ts";

export const Floor = unary(
  "Floor",
  (code, x) => code.ffloor(x),
  FLOATS,
  (whole) => whole,
);
