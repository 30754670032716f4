/** Pieces that the functions share. Constants are patterns of binary32; the numbers beside them are for people. */
import type { CodeBuilder, Value } from "@assay/vm";

export const ONE = 0x3f800000;
export const SIGN = 0x80000000;

/** c0 + x (c1 + x (c2 + …)), one fma per step; the patterns lowest power first. */
export function polynomial(code: CodeBuilder, x: Value, patterns: readonly number[]): Value {
  return patterns
    .slice(0, -1)
    .reduceRight((sum, pattern) => code.ffma(sum, x, code.constant(pattern)), code.constant(patterns.at(-1)!));
}

/** x with its sign cleared, and what gives the sign back to a result that is not negative. */
export function splitSign(code: CodeBuilder, x: Value): [magnitude: Value, restore: (result: Value) => Value] {
  const sign = code.and(x, code.constant(SIGN));
  return [code.fabs(x), (result) => code.or(result, sign)];
}

/** 2^exponent for an integer from -126 to 127. */
export function powerOfTwo(code: CodeBuilder, exponent: Value): Value {
  return code.shl(code.iadd(exponent, code.constant(127)), code.constant(23));
}

/** x · 2^exponent for an exponent from -252 to 254, rounded once: the first of two factors cannot underflow. */
export function scale(code: CodeBuilder, x: Value, exponent: Value): Value {
  const half = code.ishr(exponent, code.constant(1));
  const rest = code.isub(exponent, half);
  return code.fmul(code.fmul(x, powerOfTwo(code, half)), powerOfTwo(code, rest));
}

/**
 * n ÷ d for numbers of two words, n = high + low and d = 1 + z: the quotient of the high words, corrected once by what is
 * left over.
 */
export function quotient(
  code: CodeBuilder,
  numerator: { high: Value; low?: Value },
  denominator: { high: Value; low: Value },
): Value {
  const first = code.fdiv(numerator.high, denominator.high);
  let excess = code.ffma(first, denominator.high, code.fneg(numerator.high));
  excess = code.ffma(first, denominator.low, excess);
  if (numerator.low !== undefined) excess = code.fsub(excess, numerator.low);
  return code.fsub(first, code.fdiv(excess, denominator.high));
}

/** 1 + z in two words, for |z| ≤ 1; z may have two words itself. */
export function onePlus(code: CodeBuilder, z: Value, zLow?: Value): { high: Value; low: Value } {
  const one = code.constant(ONE);
  const high = code.fadd(one, z);
  const low = code.fsub(z, code.fsub(high, one));
  return { high, low: zLow === undefined ? low : code.fadd(low, zLow) };
}
