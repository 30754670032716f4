/**
 * What generated kernels call. Floats are numbers here, not patterns; the results are those of `@assay/vm/float32`.
 */
import * as float32 from "@assay/vm/float32";
import { COMPUTE } from "@assay/vm/scalarMachine";
import { low32, wordFrom } from "@assay/vm/word";

const double = new Float64Array([1]);
const halves = new Uint32Array(double.buffer);
/** Place of the low half of a binary64. */
const LOW = halves[1] === 0 ? 1 : 0;
const SMALLEST_NORMAL = 2 ** -126;

const floatOf = float32.toNumber;
const bits = float32.fromNumber;

/**
 * a × b + c, rounded once. The product is exact in binary64. Rounding the sum to binary64 first can go wrong only where
 * that lands on a tie between two binary32 values, or where the result is subnormal; those go the slow way.
 */
function fma(a: number, b: number, c: number): number {
  const sum = a * b + c;
  double[0] = sum;
  if ((halves[LOW] & 0x1fffffff) !== 0x10000000 && (sum > SMALLEST_NORMAL || sum < -SMALLEST_NORMAL))
    return Math.fround(sum);
  // Zero is exact: a sum of binary64 numbers never underflows to it.
  if (sum === 0) return sum;
  return floatOf(float32.fma(bits(a), bits(b), bits(c)));
}

export const LIBRARY = {
  compute: COMPUTE,
  low32,
  wordFrom,
  fround: Math.fround,
  bits,
  floatOf,
  fma,
  fromHalf: float32.fromHalf,
  toHalf: float32.toHalf,
  fromBfloat16: float32.fromBfloat16,
  toBfloat16: float32.toBfloat16,
  roundEven: (x: number): number => floatOf(float32.roundEven(bits(x))),
  saturate: (x: number, least: number, greatest: number): number =>
    x !== x ? 0 : Math.min(greatest, Math.max(least, Math.trunc(x))),
};
