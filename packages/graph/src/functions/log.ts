/**
 * Natural logarithm: x = 2^e (1 + f) with 1 + f between √½ and √2, log(1 + f) = f + f² q(f), plus e ln 2 with ln 2 in two
 * constants.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { LN2_HIGH, LN2_LOW } from "./exp.ts";
import { ONE, polynomial } from "./polynomial.ts";

/** -1/2, 0.33333355, -0.25000855, 0.19999772, -0.16621208, 0.14227825, -0.13204253, 0.12617888, -0.07355335 */
const COEFFICIENTS = [
  0xbf000000, 0x3eaaaab2, 0xbe80011f, 0x3e4ccc34, 0xbe2a3380, 0x3e11b164, 0xbe073628, 0x3e013509, 0xbd96a323,
];
/** √½ */
const ROOT_HALF = 0x3f3504f3;
const LEAST_NORMAL = 0x00800000;
const TWO_TO_23 = 0x4b000000;
const INFINITY = 0x7f800000;
const MINUS_INFINITY = 0xff800000;

/** log x; of ±0 -∞, below zero NaN; NaN gives NaN. */
export function log(code: CodeBuilder, x: Value): Value {
  const tiny = code.flt(x, code.constant(LEAST_NORMAL));
  const normal = code.select(tiny, code.fmul(x, code.constant(TWO_TO_23)), x);
  const { exponent, fraction } = exponentOf(code, normal);
  const e = code.isub(exponent, code.select(tiny, code.constant(23), code.constant(0)));
  const result = logParts(code, e, code.fsub(fraction, code.constant(ONE)));
  return logSpecials(code, x, result);
}

/** Exponent and mantissa of a positive normal number, the mantissa between √½ and √2. */
export function exponentOf(code: CodeBuilder, x: Value): { exponent: Value; fraction: Value } {
  const exponent = code.ishr(code.isub(x, code.constant(ROOT_HALF)), code.constant(23));
  return { exponent, fraction: code.isub(x, code.shl(exponent, code.constant(23))) };
}

/** e ln 2 + log(1 + f), plus a small correction if one is given. */
export function logParts(code: CodeBuilder, e: Value, f: Value, correction?: Value): Value {
  const exponent = code.itof(e);
  const square = code.fmul(f, f);
  const curve = polynomial(code, f, COEFFICIENTS);
  const curved = correction === undefined ? code.fmul(square, curve) : code.ffma(square, curve, correction);
  const small = code.fadd(f, code.ffma(exponent, code.constant(LN2_LOW), curved));
  return code.ffma(exponent, code.constant(LN2_HIGH), small);
}

/** `result` for a positive finite x; otherwise log x, which needs no computing. */
export function logSpecials(code: CodeBuilder, x: Value, result: Value): Value {
  const zero = code.constant(0);
  const ordinary = code.and(code.flt(zero, x), code.flt(x, code.constant(INFINITY)));
  const special = code.select(code.feq(x, zero), code.constant(MINUS_INFINITY), code.fsqrt(x));
  return code.select(ordinary, result, special);
}

/**
 * log of high + low, plus `exponents` times log 2, for a normal high and a low word far below it; where high is not positive and
 * finite log high.
 */
export function logOfPair(code: CodeBuilder, high: Value, low: Value, exponents: Value): Value {
  const { exponent, fraction } = exponentOf(code, high);
  const f = code.fsub(fraction, code.constant(ONE));
  return logSpecials(code, high, logParts(code, code.iadd(exponent, exponents), f, code.fdiv(low, high)));
}
