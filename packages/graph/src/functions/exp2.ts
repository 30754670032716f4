/** 2^x: x = n + r with |r| ≤ 1/2 exactly, 2^r by a polynomial of degree 6, then times 2^n. */
import type { CodeBuilder, Value } from "@assay/vm";
import { ONE, polynomial, scale } from "./polynomial.ts";

/** 1, 0.6931472, 0.24022645, 0.05550358, 0.00961883, 0.00133915, 0.00015241 */
const COEFFICIENTS = [ONE, 0x3f317218, 0x3e75fdec, 0x3d6357ba, 0x3c1d9851, 0x3aaf868b, 0x391fd185];
/** Beyond these the result is 0 or ∞. */
const LEAST = 0xc3170000; // -151
const GREATEST = 0x43010000; // 129

/** 2^x; NaN gives NaN. */
export function exp2(code: CodeBuilder, x: Value): Value {
  const bounded = code.fmin(code.fmax(x, code.constant(LEAST)), code.constant(GREATEST));
  const { mantissa, exponent } = exp2Parts(code, bounded);
  return scale(code, mantissa, exponent);
}

/** 2^(x + low) as mantissa · 2^exponent, for -252 ≤ x ≤ 254 and a small low word. */
export function exp2Parts(code: CodeBuilder, x: Value, low?: Value): { mantissa: Value; exponent: Value } {
  const n = code.frint(x);
  const rest = code.fsub(x, n);
  const r = low === undefined ? rest : code.fadd(rest, low);
  return { mantissa: polynomial(code, r, COEFFICIENTS), exponent: code.ftoi32(n) };
}
