/**
 * Arcsine: up to 1/2 x + x³ q(x²); above π/2 - 2 asin √((1 - x) / 2), whose inner argument is at most 1/2.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { ONE, polynomial, splitSign } from "./polynomial.ts";

/** 0.1666666, 0.075005144, 0.04451564, 0.031815462, 0.014417336, 0.037538573 */
const COEFFICIENTS = [0x3e2aaaa6, 0x3d999c4c, 0x3d365608, 0x3d0250ee, 0x3c6c36b1, 0x3d19c20c];
export const HALF = 0x3f000000;
/** π/2 = 1.5707964 - 4.371139e-8 */
export const HALF_PI_HIGH = 0x3fc90fdb;
export const HALF_PI_LOW = 0xb33bbd2e;
const MINUS_TWO = 0xc0000000;
const NAN = 0x7fc00000;

/** The parts of asin a for a ≥ 0, and of acos too. */
export interface Arcsine {
  /** Whether a > 1/2. */
  readonly large: Value;
  /** y = a, or √((1 - a) / 2), and asin y = y + curve. */
  readonly y: Value;
  readonly curve: Value;
}

/** asin of a, or of √((1 - a) / 2) where a > 1/2; NaN for a > 1 and NaN. */
export function arcsine(code: CodeBuilder, a: Value): Arcsine {
  const half = code.constant(HALF);
  const large = code.flt(half, a);
  // Exact: (1 - a) / 2 needs no more bits than a.
  const z = code.fmul(code.fsub(code.constant(ONE), a), half);
  const square = code.select(large, z, code.fmul(a, a));
  const y = code.select(large, code.fsqrt(z), a);
  return { large, y, curve: code.fmul(code.fmul(y, square), polynomial(code, square, COEFFICIENTS)) };
}

/** asin x; keeps the sign of zero; beyond ±1 NaN; NaN gives NaN. */
export function asin(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const { large, y, curve } = arcsine(code, a);
  const minusTwo = code.constant(MINUS_TWO);
  const inner = code.ffma(minusTwo, curve, code.constant(HALF_PI_LOW));
  const complement = code.fadd(code.constant(HALF_PI_HIGH), code.ffma(minusTwo, y, inner));
  const result = restore(code.select(large, complement, code.fadd(y, curve)));
  return code.select(code.fle(a, code.constant(ONE)), result, code.constant(NAN));
}
