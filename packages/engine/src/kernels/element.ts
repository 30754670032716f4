/**
 * Elements of factors as vectors: how four lanes of a type are loaded, and how two depths of integers become one step.
 * Integers widen to 32 bits, so that a lane is always a 32-bit place.
 */
import { FACTOR } from "../contraction.ts";
import { get, i16x8, i32, i32x4, shuffle, v128, type Code } from "../wasm/code.ts";

export interface Element {
  readonly name: string;
  readonly dtype: number;
  readonly isFloat: boolean;
  /** Logarithm of the bytes of an element. */
  readonly shift: number;
  /** Most bytes that `row` and `even` read. */
  readonly reach: number;
  /** Four elements that follow one another. */
  readonly row: (address: Code) => Code;
  /** Four elements with a gap of one between neighbours. */
  readonly even: (address: Code) => Code;
  /** Four elements anywhere; `addresses` is a local vector of addresses. */
  readonly lanes: (addresses: number) => Code;
  /** Four steps of one lane, whose elements follow one another; `zero` is the lane's zero point as an i32. */
  readonly steps: (address: Code, zero: Code) => Code;
}

const at = (addresses: number, i: number): Code => i32x4.extract_lane(get(addresses), i);
const nothing = i32x4.const(0, 0, 0, 0);
const four = [0, 1, 2, 3];
const EVEN_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const EVEN_BYTES = [0, 2, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const float32: Element = {
  name: "f32",
  dtype: FACTOR.FLOAT32,
  isFloat: true,
  shift: 2,
  reach: 32,
  row: (address) => v128.load(address),
  even: (address) => shuffle(v128.load(address), v128.load(address, 16), EVEN_WORDS),
  lanes: (addresses) =>
    four
      .slice(1)
      .reduce((vector: Code, i) => v128.load32_lane(at(addresses, i), vector, i), v128.load32_zero(at(addresses, 0))),
  steps: (address) => v128.load(address),
};

type Widening = "s" | "u";
const EXTEND = {
  s: (vector: Code): Code => i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(vector)),
  u: (vector: Code): Code => i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(vector)),
} as const;

const bytes = (sign: Widening, dtype: number): Element => ({
  name: sign === "s" ? "s8" : "u8",
  dtype,
  isFloat: false,
  shift: 0,
  reach: 8,
  row: (address) => EXTEND[sign](v128.load32_zero(address)),
  even: (address) => EXTEND[sign](shuffle(v128.load64_zero(address), nothing, EVEN_BYTES)),
  lanes: (addresses) =>
    EXTEND[sign](four.reduce((vector: Code, i) => v128.load8_lane(at(addresses, i), vector, i), nothing)),
  steps: (address, zero) =>
    i16x8.sub(sign === "s" ? v128.load8x8_s(address) : v128.load8x8_u(address), i16x8.splat(zero)),
});

export const ELEMENTS: readonly Element[] = [float32, bytes("u", FACTOR.UINT8), bytes("s", FACTOR.INT8)];

/** Two depths of integers, each in 32-bit lanes, as pairs of 16 bits. */
export const paired = (first: Code, second: Code): Code =>
  v128.or(v128.and(first, i32x4.const(0xffff, 0xffff, 0xffff, 0xffff)), i32x4.shl(second, i32.const(16)));
