/**
 * Inverse hyperbolic sine: below 1/2 x + x³ q(x²); above log u with u = |x| + √(x² + 1) in two words; from 2^12 on, where the
 * 1 is lost, log |x| + log 2.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { HALF } from "./asin.ts";
import { logOfPair } from "./log.ts";
import { ONE, polynomial, splitSign } from "./polynomial.ts";

/** -0.16666666, 0.074999064, -0.044615883, 0.030031476, -0.02004095, 0.0092438888 */
const COEFFICIENTS = [0xbe2aaaaa, 0x3d99991c, 0xbd36bf25, 0x3cf60492, 0xbca42ceb, 0x3c1773ae];
/** From here on the square of a is taken as all that stands under the root. */
export const LARGE = 0x45800000; // 4096

/** asinh x; keeps the sign of zero; NaN gives NaN. */
export function asinh(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const squared = code.fmul(a, a);
  const near = code.ffma(code.fmul(a, squared), polynomial(code, squared, COEFFICIENTS), a);

  const one = code.constant(ONE);
  const w = code.ffma(a, a, one);
  // a² + 1 - w, in the order in which every difference is exact; a² in two words.
  const squareLow = code.ffma(a, a, code.fneg(squared));
  const greater = code.fmax(squared, one);
  const lesser = code.fmin(squared, one);
  const wLow = code.fadd(code.fadd(code.fsub(greater, w), lesser), squareLow);
  return restore(code.select(code.flt(a, code.constant(HALF)), near, logOfRootSum(code, a, w, wLow)));
}

/** log(a + √(w + wLow)) for a ≥ 0 where w is near a² ± 1; for a ≥ 2^12 log 2a. */
export function logOfRootSum(code: CodeBuilder, a: Value, w: Value, wLow: Value): Value {
  const root = code.fsqrt(w);
  const residue = code.fadd(code.ffma(code.fneg(root), root, w), wLow);
  const correction = code.fdiv(residue, code.fadd(root, root));
  const rootLow = code.select(code.feq(root, code.constant(0)), code.constant(0), correction);
  const sum = code.fadd(a, root);
  const [greater, lesser] = [code.fmax(a, root), code.fmin(a, root)];
  const sumLow = code.fadd(code.fadd(code.fsub(greater, sum), lesser), rootLow);
  const large = code.fle(code.constant(LARGE), a);
  const zero = code.constant(0);
  const high = code.select(large, a, sum);
  return logOfPair(code, high, code.select(large, zero, sumLow), code.select(large, code.constant(1), zero));
}
