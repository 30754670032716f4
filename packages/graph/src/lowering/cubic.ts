/** The cubic convolution kernel (Keys 1981) with coefficient a, by distance. */
import type { Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";

/** At a distance of at most 1. */
export function cubicNear(code: NodeCode, a: number, t: Value): Value {
  const inner = code.ffma(code.constantFloat(a + 2), t, code.constantFloat(-(a + 3)));
  return code.ffma(code.fmul(inner, t), t, code.constantFloat(1));
}

/** At a distance between 1 and 2. */
export function cubicFar(code: NodeCode, a: number, t: Value): Value {
  const inner = code.ffma(code.constantFloat(a), t, code.constantFloat(-5 * a));
  return code.ffma(code.ffma(inner, t, code.constantFloat(8 * a)), t, code.constantFloat(-4 * a));
}
