/**
 * Softmax and its kin along one axis, or in old operator sets over all axes from one on: the greatest element, e^(x - max),
 * their sum, and the quotient.
 */
import { DType, type Value } from "@assay/vm";

import { exp, log } from "../functions/index.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { NEGATIVE_INFINITY } from "./arithmetic.ts";
import { accumulateOver, axesOf, sumOver } from "./reduction.ts";
import { FLOATS } from "./types.ts";

/** The axes over which operator set `node.opset` normalises: one, or before 13 all from `axis` on. */
export function normalisedAxes(node: NodeContext, rank: number): number[] {
  const axis = node.axis(node.attributes.int("axis", node.opset >= 13 ? -1 : 1), rank);
  if (node.opset >= 13) return [axis];
  return Array.from({ length: rank - axis }, (_, i) => axis + i);
}

/** Softmax, or its logarithm x - max - log(sum). */
export function softmax(node: NodeContext, logarithm: boolean): TensorValue {
  const x = node.input(0, ...FLOATS);
  return softmaxOver(node, x, normalisedAxes(node, x.shape.length), logarithm);
}

/** Softmax of `x` over axes. */
export function softmaxOver(
  node: NodeContext,
  x: TensorValue,
  reduced: readonly number[],
  logarithm: boolean,
): TensorValue {
  const { graph } = node;
  const axes = axesOf(x, reduced, true);
  const greatest = accumulateOver(
    node,
    x,
    axes,
    (code) => code.constant(NEGATIVE_INFINITY),
    (code, best, element) => code.fmax(best, element),
  );
  if (logarithm) {
    const sum = sumOver(
      node,
      x,
      axes,
      (code, element, place) => {
        const most = code.read(greatest, code.linearIndex(axes.shape, place));
        return exp(code, code.fsub(element, most));
      },
      undefined,
      DType.FLOAT32,
    );
    return graph.elementwise(x.dtype, [x, greatest, sum], (code, element, most, total) =>
      code.fsub(code.fsub(element, most), log(code, total)),
    );
  }
  const powers = graph.elementwise(DType.FLOAT32, [x, greatest], (code, element, most) =>
    exp(code, code.fsub(element, most)),
  );
  const sum = sumOver(node, powers, axes);
  return graph.elementwise(x.dtype, [powers, sum], (code, power, total) => code.fdiv(power, total));
}

/** Mean and variance of `x` over trailing axes, each a float32 tensor with those axes of size 1. */
export function meanAndVariance(
  node: NodeContext,
  x: TensorValue,
  reduced: readonly number[],
): { mean: TensorValue; variance: TensorValue } {
  const axes = axesOf(x, reduced, true);
  const count = (code: NodeCode): Value => {
    const { constant } = axes.extent;
    return constant === undefined ? code.utof(code.size(axes.extent)) : code.constantFloat(constant);
  };
  const divide = (code: NodeCode, sum: Value) => code.fdiv(sum, count(code));
  const mean = sumOver(node, x, axes, undefined, divide, DType.FLOAT32);
  const variance = sumOver(
    node,
    x,
    axes,
    (code, element, place) => {
      const centred = code.fsub(element, code.read(mean, code.linearIndex(axes.shape, place)));
      return code.fmul(centred, centred);
    },
    divide,
    DType.FLOAT32,
  );
  return { mean, variance };
}

/** (x - mean) ÷ √(variance + epsilon). */
export function normalised(code: NodeCode, x: Value, mean: Value, variance: Value, epsilon: number): Value {
  const deviation = code.fsqrt(code.fadd(variance, code.constantFloat(epsilon)));
  return code.fdiv(code.fsub(x, mean), deviation);
}
