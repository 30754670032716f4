/** start, start + delta, … below limit; all three are known at import. Floats: start + i × delta, rounded twice. */
import { DType, float32, wordsOf } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { constantInput } from "../lowering/constants.ts";
import { withKnown } from "../lowering/known.ts";
import { isFloat } from "../lowering/types.ts";
import type { NodeContext, Operator } from "../operator.ts";
import { MAX_KNOWN, type TensorValue } from "../tensorValue.ts";

export const Range: Operator = {
  name: "Range",
  inputs: [3, 3],
  lower(node) {
    const types = [DType.INT64, DType.INT32, DType.INT16, DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16];
    const dtype = node.sameType(...[0, 1, 2].map((index) => node.input(index, ...types)));
    if (isFloat(dtype)) return floats(node, dtype);
    if (dtype === DType.INT16) {
      const [start, limit, delta] = [0, 1, 2].map((index) => Dimension.constant(constantNumber(node, index, dtype)));
      return integers(node, dtype, start, limit, delta);
    }
    const [start, limit, delta] = [0, 1, 2].map((index) => node.known(index)![0]);
    return integers(node, dtype, start, limit, delta);
  },
};

function integers(node: NodeContext, dtype: DType, start: Dimension, limit: Dimension, delta: Dimension): TensorValue {
  const step = delta.constant;
  check(step !== undefined && step !== 0, "BAD_ATTRIBUTE", `the step is ${delta}`);
  const span = limit.sub(start);
  const { constant } = span;
  if (constant === undefined && step < 0) node.fail("UNSUPPORTED", "a descending range of symbolic length");
  const count =
    constant === undefined ? span.ceilDiv(step) : Dimension.constant(Math.max(0, Math.ceil(constant / step)));
  const value = node.graph.map(dtype, [count], (code) =>
    code.wrapped(dtype, code.plus(code.imul(code.index(0), code.constantInt(step)), start)),
  );
  const length = count.constant;
  if (length === undefined || length > MAX_KNOWN) return value;
  return withKnown(
    value,
    Array.from({ length }, (_, i) => start.add(i * step)),
  );
}

function floats(node: NodeContext, dtype: DType): TensorValue {
  const [start, delta] = [0, 2].map((index) => constantNumber(node, index, dtype));
  check(delta !== 0, "BAD_ATTRIBUTE", "the step is 0");
  const count = floatsBelow(node, dtype, start, delta);
  check((count.constant ?? 0) < 2 ** 24, "TOO_LARGE", `a range of ${count} floats`);
  return node.graph.map(dtype, [count], (code) =>
    code.fadd(code.constantFloat(start), code.fmul(code.utof(code.index(0)), code.constantFloat(delta))),
  );
}

/** How many floats there are from start to below the limit, which may be a size. */
function floatsBelow(node: NodeContext, dtype: DType, start: number, delta: number): Dimension {
  const [size] = node.input(1).whole ?? [];
  if (size !== undefined && size.constant === undefined && Number.isInteger(start) && Number.isInteger(delta)) {
    if (delta < 0) node.fail("UNSUPPORTED", "a descending range of symbolic length");
    return size.sub(start).max(0).ceilDiv(delta);
  }
  const limit = constantNumber(node, 1, dtype);
  return Dimension.constant(Math.max(0, Math.ceil(Math.fround(limit - start) / delta)));
}

function constantNumber(node: NodeContext, index: number, dtype: DType): number {
  const [word, ...more] = wordsOf(constantInput(node, index, dtype));
  check(word !== undefined && more.length === 0, "SHAPE_MISMATCH", `input ${index} is not one element`);
  const value = isFloat(dtype) ? float32.toNumber(Number(word)) : Number(word);
  check(Number.isFinite(value), "BAD_ATTRIBUTE", `input ${index} is ${value}`);
  return value;
}
