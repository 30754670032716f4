/** a ÷ b; integers truncate, and by 0 give 0. */
import { div } from "../lowering/arithmetic.ts";
import { binary } from "../lowering/binary.ts";
import type { Dimension } from "../dimension.ts";

/** Sizes are not negative, and of two constants the signs are known. */
function divideKnown(a: Dimension, b: Dimension): Dimension | undefined {
  const [x, y] = [a.constant, b.constant];
  if (x !== undefined && y !== undefined && (x < 0 || y < 0)) return undefined;
  return a.div(b);
}

export const Div = binary({ name: "Div", apply: div, known: divideKnown });
