/** Hyperbolic cosine: h + 1/(4h) with h = e^|x| / 2, which overflows only where cosh does. */
import type { CodeBuilder, Value } from "@assay/vm";
import { halfExp } from "./exp.ts";

const QUARTER = 0x3e800000;

/** cosh x; NaN gives NaN. */
export function cosh(code: CodeBuilder, x: Value): Value {
  const h = halfExp(code, code.fabs(x));
  return code.fadd(h, code.fdiv(code.constant(QUARTER), h));
}
