/**
 * The operations of Float32 as one table: how many operands each takes, how wide they and the result are, its number in
 * `Float32Harness.sol`, and the TypeScript twin's function. Every result is a pattern or an integer of `resultBytes`.
 */
import { float32 } from "../../packages/vm/src/index.ts";

export type Operand = number | bigint;

export interface Operation {
  readonly name: string;
  readonly arity: 1 | 2 | 3;
  /** Number among the operations of this arity in the harness contract. */
  readonly number: number;
  /** 4, or 8 for the conversions from 64-bit integers. */
  readonly operandBytes: 4 | 8;
  /** 4, or 8 for the conversions to integers, which give two's complement of 64 bits. */
  readonly resultBytes: 4 | 8;
  readonly twin: (...operands: never[]) => number | bigint;
}

type Twin = (...operands: never[]) => number | bigint;

const { eq, lt, le, toInt, toUint } = float32;
const word = (x: bigint): bigint => BigInt.asUintN(64, x);

const unary: [string, Twin, (4 | 8)?, (4 | 8)?][] = [
  ["canonical", float32.canonical],
  ["neg", float32.neg],
  ["abs", float32.abs],
  ["sqrt", float32.sqrt],
  ["floor", float32.floor],
  ["ceil", float32.ceil],
  ["trunc", float32.trunc],
  ["roundEven", float32.roundEven],
  ["fromInt64", float32.fromInt64, 8, 4],
  ["fromUint64", float32.fromUint64, 8, 4],
  ["toInt8", (a: number) => word(toInt(a, 8)), 4, 8],
  ["toInt16", (a: number) => word(toInt(a, 16)), 4, 8],
  ["toInt32", (a: number) => word(toInt(a, 32)), 4, 8],
  ["toInt64", (a: number) => word(toInt(a, 64)), 4, 8],
  ["toUint8", (a: number) => toUint(a, 8), 4, 8],
  ["toUint16", (a: number) => toUint(a, 16), 4, 8],
  ["toUint32", (a: number) => toUint(a, 32), 4, 8],
  ["toUint64", (a: number) => toUint(a, 64), 4, 8],
  ["fromHalf", float32.fromHalf],
  ["toHalf", float32.toHalf],
  ["fromBfloat16", float32.fromBfloat16],
  ["toBfloat16", float32.toBfloat16],
];

const binary: [string, Twin][] = [
  ["add", float32.add],
  ["sub", float32.sub],
  ["mul", float32.mul],
  ["div", float32.div],
  ["minimum", float32.minimum],
  ["maximum", float32.maximum],
  ["eq", (a: number, b: number) => Number(eq(a, b))],
  ["lt", (a: number, b: number) => Number(lt(a, b))],
  ["le", (a: number, b: number) => Number(le(a, b))],
];

export const OPERATIONS: readonly Operation[] = [
  ...unary.map(([name, twin, operandBytes = 4, resultBytes = 4], number): Operation => ({
    name,
    arity: 1,
    number,
    operandBytes,
    resultBytes,
    twin,
  })),
  ...binary.map(([name, twin], number): Operation => ({
    name,
    arity: 2,
    number,
    operandBytes: 4,
    resultBytes: 4,
    twin,
  })),
  { name: "fma", arity: 3, number: 0, operandBytes: 4, resultBytes: 4, twin: float32.fma },
];
