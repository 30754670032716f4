/**
 * A register word of the scalar machine: a signed 64-bit integer, held as a number while that is a safe integer and as a
 * bigint beyond. The form is canonical (never -0, never a bigint within the safe range), so equal words are `===`.
 */
export type Word = number | bigint;

const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Any integer modulo 2^64, as a word. */
export function wordFrom(x: bigint): Word {
  const signed = BigInt.asIntN(64, x);
  return signed >= MIN_SAFE && signed <= MAX_SAFE ? Number(signed) : signed;
}

/** The word as an unsigned integer below 2^64. */
export function unsignedOf(word: Word): bigint {
  return BigInt.asUintN(64, BigInt(word));
}

/** The low 32 bits, unsigned. */
export function low32(word: Word): number {
  return typeof word === "number" ? word >>> 0 : Number(BigInt.asUintN(32, word));
}

/** The high 32 bits, unsigned. */
export function high32(word: Word): number {
  return typeof word === "number" ? Math.floor(word / 2 ** 32) >>> 0 : Number(BigInt.asUintN(32, word >> 32n));
}

/** The word with these halves, of each of which the low 32 bits count. */
export function wordFromHalves(high: number, low: number): Word {
  // Near the safe range's ends the sum may be rounded, but never into the range.
  const x = (high | 0) * 2 ** 32 + (low >>> 0);
  return Number.isSafeInteger(x) ? x : wordFrom((BigInt(high) << 32n) | BigInt(low >>> 0));
}
