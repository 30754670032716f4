/**
 * x^y = 2^(y log2 |x|) with the special cases of C's Annex F. |x| = 2^e m with m between √½ and √2; with s = (m - 1) / (m + 1),
 * log m = 2 atanh s = s (2 + 2/3 s² + s⁴ q(s²)). All that counts is in two words: s, s², the logarithm, its product with y.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { exp2Parts } from "./exp2.ts";
import { exponentOf } from "./log.ts";
import { ONE, polynomial, scale, SIGN } from "./polynomial.ts";

/** 0.39999998, 0.28571957, 0.22181049, 0.19528309 */
const COEFFICIENTS = [0x3ecccccc, 0x3e9249d6, 0x3e63224a, 0x3e47f84a];
/** 2/3 = 0.6666667 - 1.9868216e-8 */
const TWO_THIRDS_HIGH = 0x3f2aaaab;
const TWO_THIRDS_LOW = 0xb2aaaaab;
/** log2 e = 1.442695 + 1.925963e-8 */
const LOG2_E_HIGH = 0x3fb8aa3b;
const LOG2_E_LOW = 0x32a57060;
const HALF = 0x3f000000;
const LEAST_NORMAL = 0x00800000;
const TWO_TO_23 = 0x4b000000;
const INFINITY = 0x7f800000;
const MINUS_INFINITY = 0xff800000;
const NAN = 0x7fc00000;
/** Beyond these the result is 0 or ∞. */
const LEAST = 0xc3180000; // -152
const GREATEST = 0x43010000; // 129

interface Pair {
  readonly high: Value;
  readonly low: Value;
}

/** x^y. */
export function pow(code: CodeBuilder, x: Value, y: Value): Value {
  const zero = code.constant(0);
  const one = code.constant(ONE);
  const a = code.fabs(x);
  const logarithm = log2(code, a);

  // y log2 |x|; the low word counts only where the high one is in range.
  const product = code.fmul(y, logarithm.high);
  const high = code.select(code.feq(a, one), zero, product);
  const bounded = code.fmin(code.fmax(high, code.constant(LEAST)), code.constant(GREATEST));
  const rest = code.ffma(y, logarithm.low, code.ffma(y, logarithm.high, code.fneg(product)));
  const low = code.select(code.feq(bounded, product), rest, zero);
  const { mantissa, exponent } = exp2Parts(code, bounded, low);
  const magnitude = scale(code, mantissa, exponent);

  const whole = code.feq(y, code.ftrunc(y));
  const halfY = code.fmul(y, code.constant(HALF));
  const odd = code.and(whole, code.lnot(code.feq(halfY, code.ftrunc(halfY))));
  const negative = code.and(x, code.constant(SIGN));
  const signed = code.or(magnitude, code.select(odd, negative, zero));
  // No real power: x below zero and finite, y no integer (∞ is one). NaN wins except in x^0 and 1^y.
  const finiteNegative = code.and(code.flt(x, zero), code.flt(code.constant(MINUS_INFINITY), x));
  const undefinedHere = code.or(code.and(finiteNegative, code.lnot(whole)), code.lnot(code.feq(high, high)));
  const result = code.select(undefinedHere, code.constant(NAN), signed);
  return code.select(code.or(code.feq(y, zero), code.feq(x, one)), one, result);
}

/** log2 a in two words for a ≥ 0: of 0 -∞, of ∞ ∞, of NaN NaN; its error is about 2^-45 of it. */
function log2(code: CodeBuilder, a: Value): Pair {
  const zero = code.constant(0);
  const one = code.constant(ONE);
  const tiny = code.flt(a, code.constant(LEAST_NORMAL));
  const normal = code.select(tiny, code.fmul(a, code.constant(TWO_TO_23)), a);
  const { exponent, fraction } = exponentOf(code, normal);
  const e = code.itof(code.isub(exponent, code.select(tiny, code.constant(23), zero)));

  const f = code.fsub(fraction, one);
  const sum = code.fadd(fraction, one);
  const sumLow = code.fsub(fraction, code.fsub(sum, one));
  const s = code.fdiv(f, sum);
  const minusS = code.fneg(s);
  const sLow = code.fdiv(code.ffma(minusS, sumLow, code.ffma(minusS, sum, f)), sum);

  // s², and c = 2/3 + s² q(s²).
  const square = code.fmul(s, s);
  const squareLow = code.ffma(code.fadd(s, s), sLow, code.ffma(s, s, code.fneg(square)));
  const curve = code.fmul(square, polynomial(code, square, COEFFICIENTS));
  const twoThirds = code.constant(TWO_THIRDS_HIGH);
  const c = code.fadd(twoThirds, curve);
  const cLow = code.fadd(code.fsub(curve, code.fsub(c, twoThirds)), code.constant(TWO_THIRDS_LOW));
  // w = s² c, and s w.
  const w = multiply(code, { high: square, low: squareLow }, { high: c, low: cLow });
  const bend = multiply(code, { high: s, low: sLow }, w);
  const twice = code.fadd(s, s);
  const natural = code.fadd(twice, bend.high);
  const naturalLow = code.fadd(
    code.fadd(bend.high, code.fsub(twice, natural)),
    code.fadd(code.fadd(sLow, sLow), bend.low),
  );
  const binary = multiply(
    code,
    { high: natural, low: naturalLow },
    { high: code.constant(LOG2_E_HIGH), low: code.constant(LOG2_E_LOW) },
  );
  const high = code.fadd(e, binary.high);
  // Where e = 0 the high word is the logarithm's own and nothing is lost; elsewhere |e| is the greater term.
  const low = code.fadd(code.fsub(binary.high, code.fsub(high, e)), binary.low);
  const special = code.select(code.feq(a, zero), code.constant(MINUS_INFINITY), a);
  const ordinary = code.and(code.flt(zero, a), code.flt(a, code.constant(INFINITY)));
  return { high: code.select(ordinary, high, special), low };
}

/** The product of two numbers of two words, without the product of the low ones. */
function multiply(code: CodeBuilder, a: Pair, b: Pair): Pair {
  const high = code.fmul(a.high, b.high);
  const rounding = code.ffma(a.high, b.high, code.fneg(high));
  return { high, low: code.ffma(a.high, b.low, code.ffma(a.low, b.high, rounding)) };
}
