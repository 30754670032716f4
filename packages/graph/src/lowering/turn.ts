/** Sine and cosine of fractions of a full turn, 2π j ÷ n for integers: reduced to a quarter turn before anything is rounded. */
import type { Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import { cosineNear, sineNear } from "../functions/trigonometry.ts";
import type { NodeCode } from "../nodeCode.ts";

export interface Turn {
  readonly sine: Value;
  readonly cosine: Value;
}

const HALF_PI = 0x3fc90fdb;

/** 2π j ÷ n for 0 ≤ j < n. */
export function turnOf(code: NodeCode, j: Value, n: Dimension): Turn {
  const size = code.size(n);
  const one = code.constant(1);
  const doubled = code.shl(size, one);
  // The nearest quarter q, and what is left in units of a quarter of 1/n.
  const quarter = code.udiv(code.iadd(code.shl(j, code.constant(3)), size), doubled);
  const rest = code.isub(code.shl(j, code.constant(2)), code.imul(quarter, size));
  const high = code.fdiv(code.fmul(code.itof(rest), code.constant(HALF_PI)), code.utof(size));
  const near = { high, low: code.constant(0), quarters: quarter };
  const [sine, cosine] = [sineNear(code, near), cosineNear(code, near)];
  const odd = code.and(quarter, one);
  const signed = (value: Value, quarters: Value): Value =>
    code.xor(value, code.shl(code.and(quarters, code.constant(2)), code.constant(30)));
  return {
    sine: signed(code.select(odd, cosine, sine), quarter),
    cosine: signed(code.select(odd, sine, cosine), code.iadd(quarter, one)),
  };
}
