/** Arctangent: up to 1 x + x³ q(x²); above π/2 minus that of 1/x. */
import type { CodeBuilder, Value } from "@assay/vm";
import { HALF_PI_HIGH, HALF_PI_LOW } from "./asin.ts";
import { ONE, polynomial, splitSign } from "./polynomial.ts";

/**
 * -0.33333293, 0.1999836, -0.14262289, 0.10942202, -0.083748676, 0.057476979, -0.030706525, 0.010665135, -0.0017385549
 */
const COEFFICIENTS = [
  0xbeaaaa9d, 0x3e4cc880, 0xbe120bbc, 0x3de018a7, 0xbdab846d, 0x3d6b6cfb, 0xbcfb8c40, 0x3c2ebcd2, 0xbae3e039,
];

/** atan x; keeps the sign of zero; NaN gives NaN. */
export function atan(code: CodeBuilder, x: Value): Value {
  const [a, restore] = splitSign(code, x);
  const one = code.constant(ONE);
  const large = code.flt(one, a);
  const y = code.select(large, code.fdiv(one, a), a);
  const square = code.fmul(y, y);
  const curve = code.fmul(code.fmul(y, square), polynomial(code, square, COEFFICIENTS));
  const complement = code.fsub(code.constant(HALF_PI_HIGH), code.fadd(y, code.fsub(curve, code.constant(HALF_PI_LOW))));
  return restore(code.select(large, complement, code.fadd(y, curve)));
}
