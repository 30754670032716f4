/**
 * Philox-4x64-10, a counter-based generator, in scalar code: ten rounds of two 64-bit products turn a counter under a key
 * into random words. Nothing is kept between draws, so a dispute about one draw needs no other. Salmon, Moraes, Dror, Shaw:
 * "Parallel random numbers: as easy as 1, 2, 3", 2011.
 */
import type { CodeBuilder, Value } from "@assay/vm";

const ROUNDS = 10;
const MULTIPLIERS = [0xd2e7470ee14c6c93n, 0xca5a826395121157n] as const;
const KEY_STEPS = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn] as const;

export type Counter = readonly [Value, Value, Value, Value];
export type Key = readonly [Value, Value];

/** The four random words of 64 bits that belong to a counter and a key. */
export function philox(code: CodeBuilder, counter: Counter, key: Key): Counter {
  let [a, b, c, d] = counter;
  let [left, right] = key;
  const [first, second] = MULTIPLIERS.map((multiplier) => code.constantInt(multiplier));
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) {
      left = code.iadd(left, code.constantInt(KEY_STEPS[0]));
      right = code.iadd(right, code.constantInt(KEY_STEPS[1]));
    }
    [a, b, c, d] = [
      code.xor(code.xor(code.umulh(second, c), b), left),
      code.imul(second, c),
      code.xor(code.xor(code.umulh(first, a), d), right),
      code.imul(first, a),
    ];
  }
  return [a, b, c, d];
}

/** 64 random bits of this call: the request's seed is the key and half of the counter, the call number the rest. */
export function randomOfCall(code: CodeBuilder): Value {
  const [random] = philox(
    code,
    [code.call(), code.constant(0), code.seed(2), code.seed(3)],
    [code.seed(0), code.seed(1)],
  );
  return random;
}
