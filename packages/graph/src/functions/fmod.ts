/**
 * The remainder of x ÷ y truncated, exactly, as C's fmod: with x = m 2^k and y = n in units of y's last place, m 2^k mod n in
 * integers, the power of two by squaring modulo n.
 */
import type { CodeBuilder, Value } from "@assay/vm";
import { scale, SIGN } from "./polynomial.ts";

const INFINITY = 0x7f800000;
const NAN = 0x7fc00000;
const FRACTION = 0x007fffff;
const HIDDEN = 0x00800000;
/** Bits of the greatest difference of two exponents. */
const BITS = 8;
/** An exponent field of 0 and a significand as an integer: 2^-150. */
const BIAS = 150;

/** fmod(x, y): the sign of x; of an infinite x and a zero y NaN; of an infinite y x. */
export function fmod(code: CodeBuilder, x: Value, y: Value): Value {
  const [a, b] = [code.fabs(x), code.fabs(y)];
  const [top, bottom] = [parts(code, a), parts(code, b)];
  const shift = code.isub(top.exponent, bottom.exponent);
  const n = bottom.significand;
  // 2^shift mod n from the highest bit of shift down; one less than a power of two bits are enough.
  let power = code.constant(1);
  for (let bit = BITS - 1; bit >= 0; bit--) {
    const squared = code.imul(power, power);
    const doubling = code.and(code.ushr(shift, code.constant(bit)), code.constant(1));
    power = code.urem(code.shl(squared, doubling), n);
  }
  const rest = code.urem(code.imul(code.urem(top.significand, n), power), n);
  const remainder = scale(code, code.itof(rest), code.isub(bottom.exponent, code.constant(BIAS)));
  const magnitude = code.select(code.flt(a, b), a, remainder);
  const infinity = code.constant(INFINITY);
  const defined = code.and(code.flt(a, infinity), code.and(code.flt(code.constant(0), b), code.fle(b, infinity)));
  const signed = code.or(magnitude, code.and(x, code.constant(SIGN)));
  return code.select(defined, signed, code.constant(NAN));
}

/** A finite magnitude as significand · 2^(exponent - BIAS). */
function parts(code: CodeBuilder, a: Value): { significand: Value; exponent: Value } {
  const field = code.ushr(a, code.constant(23));
  const fraction = code.and(a, code.constant(FRACTION));
  return {
    significand: code.select(field, code.or(fraction, code.constant(HIDDEN)), fraction),
    exponent: code.imax(field, code.constant(1)),
  };
}
