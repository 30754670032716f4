/**
 * x^y. Floats: binary32 by `pow`, an integer exponent first rounded to binary32; where y is a constant 0, 1, 2, 3, -1 or 1/2 the
 * operations that it stands for, each correctly rounded. Integers to integers: products modulo the type's width. Integers to
 * floats: computed in binary32, truncated and saturated.
 */
import { float32, type DType, type Value } from "@assay/vm";
import { pow } from "../functions/index.ts";
import { broadcastShape, type Graph } from "../graph.ts";
import { NEGATIVE_INFINITY, POSITIVE_INFINITY } from "../lowering/arithmetic.ts";
import { FLOATS, INTEGERS, isFloat, isUnsigned, NUMBERS } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { Dimension } from "../dimension.ts";
import type { TensorValue } from "../tensorValue.ts";
import { cast } from "../lowering/cast.ts";

const ONE = 0x3f800000;

/** By exponent; C's special cases: 1 for x^0 whatever x is, and √ with ±0 → +0 and -∞ → +∞. */
const POWERS = new Map<number, (code: NodeCode, x: Value) => Value>([
  [0, (code) => code.constant(ONE)],
  [1, (_code, x) => x],
  [2, (code, x) => code.fmul(x, x)],
  [3, (code, x) => code.fmul(code.fmul(x, x), x)],
  [-1, (code, x) => code.fdiv(code.constant(ONE), x)],
  [
    0.5,
    (code, x) => {
      const root = code.fsqrt(code.fadd(x, code.constant(0)));
      return code.select(code.feq(x, code.constant(NEGATIVE_INFINITY)), code.constant(POSITIVE_INFINITY), root);
    },
  ],
]);
/** Greatest constant exponent of integers that is written out as products. */
const MOST_WRITTEN_OUT = 64;
/** Bits of the widest exponent. */
const EXPONENT_BITS = 64;

export const Pow: Operator = {
  name: "Pow",
  inputs: [2, 2],
  lower(node) {
    const { graph } = node;
    const [x, y] = [node.input(0, ...FLOATS, ...INTEGERS), node.input(1, ...NUMBERS)];
    const shape = broadcastShape([x.shape, y.shape]);
    const constant = constantExponent(y);
    if (isFloat(x.dtype)) {
      const power = constant === undefined ? undefined : POWERS.get(constant);
      if (power !== undefined) return graph.elementwise(x.dtype, [x], power, shape);
      return graph.elementwise(x.dtype, [x, y], (code, a, b) => pow(code, a, asFloat(code, y.dtype, b)));
    }
    if (constant !== undefined && Number.isInteger(constant) && constant >= 0 && constant <= MOST_WRITTEN_OUT) {
      return graph.elementwise(x.dtype, [x], (code, a) => code.wrapped(x.dtype, products(code, a, constant)), shape);
    }
    if (!isFloat(y.dtype)) return integerPower(graph, x, y, shape);
    return graph.elementwise(x.dtype, [x, y], (code, a, b) =>
      cast(code, y.dtype, x.dtype, pow(code, asFloat(code, x.dtype, a), b)),
    );
  },
};

function constantExponent({ source, dtype }: TensorValue): number | undefined {
  if (source.kind !== "splat") return undefined;
  return isFloat(dtype) ? float32.toNumber(Number(source.word)) : Number(source.word);
}

function asFloat(code: NodeCode, dtype: DType, x: Value): Value {
  if (isFloat(dtype)) return x;
  return isUnsigned(dtype) ? code.utof(x) : code.itof(x);
}

/** a^n by squaring, modulo 2^64. */
function products(code: NodeCode, a: Value, n: number): Value {
  let [result, base]: [Value | undefined, Value] = [undefined, a];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? base : code.imul(result, base);
    base = code.imul(base, base);
  }
  return result ?? code.constant(1);
}

/** One step per bit of the exponent; with a negative one 1/x truncated: 1 and -1 have powers, all else is 0. */
function integerPower(graph: Graph, x: TensorValue, y: TensorValue, shape: readonly Dimension[]): TensorValue {
  return graph.reduce(x.dtype, shape, {
    extent: Dimension.constant(EXPONENT_BITS),
    accumulators: [x.dtype, x.dtype, y.dtype],
    init: (code) => [code.constant(1), code.element(x), code.element(y)],
    step(code, [product, base, exponent]) {
      const bit = code.and(code.ushr(exponent, code.step()), code.constant(1));
      return [code.select(bit, code.imul(product, base), product), code.imul(base, base), exponent];
    },
    final(code, [product, , exponent]) {
      if (isUnsigned(y.dtype)) return product;
      const [a, zero, one] = [code.element(x), code.constant(0), code.constant(1)];
      const minusOne = code.constantInt(-1);
      const odd = code.and(exponent, one);
      const ofMinusOne = isUnsigned(x.dtype) ? zero : code.select(odd, minusOne, one);
      const inverse = code.select(code.ieq(a, one), one, code.select(code.ieq(a, minusOne), ofMinusOne, zero));
      return code.select(code.ilt(exponent, zero), inverse, product);
    },
  });
}
