/**
 * log(1 + x): with u = 1 + x rounded and c what the rounding left out, log u as in `log`, plus c / u. Where u is near 1, so
 * that its exponent is 0, x itself is the fraction and nothing was left out.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { exponentOf, logParts, logSpecials } from "./log.ts";
import { ONE } from "./polynomial.ts";

/** log(1 + x); keeps the sign of zero; of -1 -∞, below NaN; NaN gives NaN. */
export function log1p(code: CodeBuilder, x: Value): Value {
  const one = code.constant(ONE);
  const zero = code.constant(0);
  const u = code.fadd(one, x);
  const { exponent, fraction } = exponentOf(code, u);
  const large = code.flt(one, x);
  const [greater, lesser] = [code.select(large, x, one), code.select(large, one, x)];
  const rest = code.fdiv(code.fsub(lesser, code.fsub(u, greater)), u);
  const f = code.select(exponent, code.fsub(fraction, one), x);
  const correction = code.select(exponent, rest, zero);
  const result = logSpecials(code, u, logParts(code, exponent, f, correction));
  return code.select(code.feq(x, zero), x, result);
}
