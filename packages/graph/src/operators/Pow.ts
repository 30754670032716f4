/**
 * x^y for the exponents whose power is one correctly rounded operation or none: a constant 0, 1, 2, -1 or 1/2. Others are
 * refused.
 */
import { float32, type Value } from "@assay/vm";
import { check } from "../errors.ts";
import { NEGATIVE_INFINITY, POSITIVE_INFINITY } from "../lowering/arithmetic.ts";
import { FLOATS, isFloat, NUMBERS } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { broadcastShape } from "../graph.ts";

const ONE = 0x3f800000;

/** By exponent; C's special cases: 1 for x^0 whatever x is, and √ with ±0 → +0 and -∞ → +∞. */
const POWERS = new Map<number, (code: NodeCode, x: Value) => Value>([
  [0, (code) => code.constant(ONE)],
  [1, (_code, x) => x],
  [2, (code, x) => code.fmul(x, x)],
  [-1, (code, x) => code.fdiv(code.constant(ONE), x)],
  [
    0.5,
    (code, x) => {
      const root = code.fsqrt(code.fadd(x, code.constant(0)));
      return code.select(code.feq(x, code.constant(NEGATIVE_INFINITY)), code.constant(POSITIVE_INFINITY), root);
    },
  ],
]);

export const Pow: Operator = {
  name: "Pow",
  inputs: [2, 2],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const exponent = node.input(1, ...NUMBERS);
    const { source } = exponent;
    check(source.kind === "splat", "UNSUPPORTED", "an exponent that is not one constant");
    const y = isFloat(exponent.dtype) ? float32.toNumber(Number(source.word)) : Number(source.word);
    const power = POWERS.get(y);
    check(power !== undefined, "UNSUPPORTED", `the exponent ${y}; only ${[...POWERS.keys()].join(", ")}`);
    return node.graph.elementwise(x.dtype, [x], power, broadcastShape([x.shape, exponent.shape]));
  },
};
