/**
 * a × b + c on four binary32 lanes, rounded once: by `relaxed_madd` where the machine fuses it, by exact emulation
 * where not.
 *
 * The emulation: the product is exact in binary64; Knuth's two-sum gives the sum and its error; an inexact sum is moved
 * to the neighbour with an odd last bit, so that rounding it to binary32 is as if it were the first rounding (DESIGN
 * §3).
 */
import { call, choose, f32x4, f64x2, get, i64, i64x2, set, shuffle, v128, type Code } from "../wasm/code.ts";
import type { ModuleWriter } from "../wasm/module.ts";

/** Code for a × b + c. */
export type Madd = (a: Code, b: Code, c: Code) => Code;

export const fusedMadd: Madd = f32x4.relaxed_madd;

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const JOINED = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Adds the emulation to a module. */
export function emulatedMadd(module: ModuleWriter): Madd {
  const pair = module.function("maddPair", ["v128", "v128", "v128"], ["v128"]);
  {
    const [a, b, c] = [0, 1, 2];
    const [product, sum, part, error, inexact] = Array.from({ length: 5 }, () => pair.local("v128"));
    const one = i64x2.splat(i64.const(1));
    const zero = f64x2.const(0);
    const positive = f64x2.gt(get(error), zero);
    const negative = f64x2.lt(get(error), zero);
    // Where the error points away from zero the odd neighbour has the greater pattern, else the smaller one.
    const towardZero = v128.xor(negative, f64x2.lt(get(sum), zero));
    const step = v128.bitselect(i64x2.splat(i64.const(-1)), one, towardZero);
    const even = i64x2.sub(v128.and(get(sum), one), one);
    pair.body = [
      set(product, f64x2.mul(f64x2.promote_low_f32x4(get(a)), f64x2.promote_low_f32x4(get(b)))),
      set(c, f64x2.promote_low_f32x4(get(c))),
      set(sum, f64x2.add(get(product), get(c))),
      set(part, f64x2.sub(get(sum), get(product))),
      set(error, f64x2.add(f64x2.sub(get(product), f64x2.sub(get(sum), get(part))), f64x2.sub(get(c), get(part)))),
      // Infinities and NaNs have a NaN for error, which is neither above nor below zero.
      set(inexact, v128.or(positive, negative)),
      f64x2.demote_zero(i64x2.add(get(sum), v128.and(step, v128.and(even, get(inexact))))),
    ];
  }
  const all = module.function("madd", ["v128", "v128", "v128"], ["v128"]);
  const high = (x: number): Code => shuffle(get(x), get(x), HIGH_HALF);
  const halves = [get, high].map((half) => ({ half, sum: all.local("v128") }));
  // Rounding the binary64 sum again goes wrong only where that looks like a tie or gives a subnormal; a zero is exact.
  const doubtful = (sum: number): Code =>
    v128.or(
      i64x2.eq(v128.and(get(sum), i64x2.splat(i64.const(0x1fffffff))), i64x2.splat(i64.const(0x10000000))),
      v128.and(f64x2.lt(f64x2.abs(get(sum)), f64x2.const(2 ** -126)), f64x2.ne(get(sum), f64x2.const(0))),
    );
  const promoted = (half: (x: number) => Code, x: number): Code => f64x2.promote_low_f32x4(half(x));
  all.body = [
    halves.map(({ half, sum }) =>
      set(sum, f64x2.add(f64x2.mul(promoted(half, 0), promoted(half, 1)), promoted(half, 2))),
    ),
    choose(
      "v128",
      v128.any_true(v128.or(doubtful(halves[0].sum), doubtful(halves[1].sum))),
      shuffle(call(pair.index, get(0), get(1), get(2)), call(pair.index, high(0), high(1), high(2)), JOINED),
      shuffle(f64x2.demote_zero(get(halves[0].sum)), f64x2.demote_zero(get(halves[1].sum)), JOINED),
    ),
  ];
  return (a, b, c) => call(all.index, a, b, c);
}
