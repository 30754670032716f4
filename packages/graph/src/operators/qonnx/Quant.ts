/**
 * Values at the places of integers of `bitwidth` bits: x ÷ scale + zero point, kept in their range and rounded, less the zero
 * point, times the scale. Signed integers of one bit are -1 and 1.
 */
import { DType, type Value } from "@assay/vm";
import { check } from "../../errors.ts";
import { plusOrMinusOne, QONNX, readQuantised } from "../../lowering/qonnx.ts";
import type { NodeCode } from "../../nodeCode.ts";
import type { NodeContext, Operator } from "../../operator.ts";

const ROUNDINGS = {
  ROUND: (code: NodeCode, x: Value) => code.frint(x),
  CEIL: (code: NodeCode, x: Value) => code.fceil(x),
  FLOOR: (code: NodeCode, x: Value) => code.ffloor(x),
  ROUND_TO_ZERO: (code: NodeCode, x: Value) => code.ftrunc(x),
} as const;
type Rounding = keyof typeof ROUNDINGS;

export const Quant: Operator = {
  name: "Quant",
  domain: QONNX,
  inputs: [4, 4],
  lower(node) {
    const zero = node.input(2, DType.FLOAT32);
    const { x, scale } = readQuantised(node, zero);
    const range = readRange(node);
    const rounding = node.attributes.choice("rounding_mode", Object.keys(ROUNDINGS) as Rounding[], "ROUND");
    return node.graph.elementwise(DType.FLOAT32, [x, scale, zero], (code, element, s, z) => {
      const place = code.fadd(code.fdiv(element, s), z);
      const integer =
        range === "bipolar" ? plusOrMinusOne(code, place) : ROUNDINGS[rounding](code, kept(code, place, range));
      return code.fmul(code.fsub(integer, z), s);
    });
  },
};

type Range = readonly [least: number, greatest: number];

/** The integers of as many bits; `narrow` leaves out the one that is furthest from 0. */
function readRange(node: NodeContext): Range | "bipolar" {
  const [signed, narrow] = [node.attributes.flag("signed", true), node.attributes.flag("narrow", true)];
  const [bits, ...others] = node.floats(3);
  const valid = others.length === 0 && Number.isInteger(bits) && bits >= 1 && bits <= 32;
  check(valid, "UNSUPPORTED", `a bit width of ${[bits, ...others].join(", ")}`);
  if (!signed) return [0, 2 ** bits - (narrow ? 2 : 1)];
  return bits === 1 ? "bipolar" : [-(2 ** (bits - 1)) + (narrow ? 1 : 0), 2 ** (bits - 1) - 1];
}

function kept(code: NodeCode, x: Value, [least, greatest]: Range): Value {
  const [low, high] = [code.constantFloat(least), code.constantFloat(greatest)];
  const below = code.select(code.flt(high, x), high, x);
  return code.select(code.flt(below, low), low, below);
}
