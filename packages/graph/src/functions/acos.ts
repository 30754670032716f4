/** Arccosine: π/2 - asin x up to 1/2; above 2 asin √((1 - x) / 2), and below -1/2 π minus that. */
import type { CodeBuilder, Value } from "@assay/vm";
import { arcsine, HALF_PI_HIGH, HALF_PI_LOW } from "./asin.ts";
import { SIGN } from "./polynomial.ts";

/** π = 3.1415927 - 8.742278e-8 */
const PI_HIGH = 0x40490fdb;
const PI_LOW = 0xb3bbbd2e;

/** acos x; beyond ±1 NaN; NaN gives NaN. */
export function acos(code: CodeBuilder, x: Value): Value {
  const { large, y, curve } = arcsine(code, code.fabs(x));
  const negative = code.and(x, code.constant(SIGN));
  const zero = code.constant(0);
  // base - s (y + curve) with s = ±1 or ±2, all signs and factors exact.
  const [twiceY, twiceCurve] = [code.fadd(y, y), code.fadd(curve, curve)];
  const signedY = code.xor(code.select(large, twiceY, y), negative);
  const signedCurve = code.xor(code.select(large, twiceCurve, curve), negative);
  const outerHigh = code.select(negative, code.constant(PI_HIGH), zero);
  const outerLow = code.select(negative, code.constant(PI_LOW), zero);
  const outer = code.fadd(outerHigh, code.fadd(signedY, code.fadd(signedCurve, outerLow)));
  const inner = code.fsub(signedY, code.fsub(code.constant(HALF_PI_LOW), signedCurve));
  return code.select(large, outer, code.fsub(code.constant(HALF_PI_HIGH), inner));
}
