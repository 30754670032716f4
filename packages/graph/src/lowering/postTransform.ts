/** What classical models do to scores at their end. */
import type { Value } from "@assay/vm";
import { exp, log, sigmoid } from "../functions/index.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { NEGATIVE_INFINITY } from "./arithmetic.ts";
import { accumulateOver, axesOf, sumOver } from "./reduction.ts";
import { softmaxOver } from "./softmax.ts";

export const TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;
export type Transform = (typeof TRANSFORMS)[number];

/** The transform that the attribute names. */
export function readTransform(node: NodeContext): Transform {
  return node.attributes.choice("post_transform", TRANSFORMS, "NONE");
}

/** Scores [rows, classes] transformed. */
export function transformed(node: NodeContext, scores: TensorValue, transform: Transform): TensorValue {
  const { graph } = node;
  const each = (apply: (code: NodeCode, score: Value) => Value) =>
    graph.elementwise(scores.dtype, [scores], (code, score) => apply(code, score));
  switch (transform) {
    case "NONE":
      return scores;
    case "LOGISTIC":
      return each(sigmoid);
    case "PROBIT":
      return each(probit);
    case "SOFTMAX":
      return softmaxOver(node, scores, [1], false);
    case "SOFTMAX_ZERO":
      return softmaxZero(node, scores);
  }
}

/** Softmax over the scores that are not about 0; the others are scaled by e^-max. */
function softmaxZero(node: NodeContext, scores: TensorValue): TensorValue {
  const { graph } = node;
  const axes = axesOf(scores, [1], true);
  const greatest = accumulateOver(
    node,
    scores,
    axes,
    (code) => code.constant(NEGATIVE_INFINITY),
    (code, best, element) => code.fmax(best, element),
  );
  const counts = (code: NodeCode, score: Value) => code.flt(code.constantFloat(1e-7), code.fabs(score));
  const power = (code: NodeCode, score: Value, most: Value) =>
    code.select(counts(code, score), exp(code, code.fsub(score, most)), code.fmul(score, exp(code, code.fneg(most))));
  const powers = graph.elementwise(scores.dtype, [scores, greatest], power);
  const sum = sumOver(node, scores, axes, (code, score, place) => {
    const most = code.read(greatest, code.linearIndex(axes.shape, place));
    return code.select(counts(code, score), exp(code, code.fsub(score, most)), code.constant(0));
  });
  return graph.elementwise(scores.dtype, [powers, sum], (code, own, total) => code.fdiv(own, total));
}

/** √2 erf⁻¹(2x - 1), by Winitzki's formula as onnxruntime has it. */
function probit(code: NodeCode, x: Value): Value {
  const one = code.constantFloat(1);
  const y = code.fsub(code.fmul(code.constantFloat(2), x), one);
  const l = log(code, code.fmul(code.fsub(one, y), code.fadd(one, y)));
  const v = code.ffma(code.constantFloat(0.5), l, code.constantFloat(2 / (3.14159 * 0.147)));
  const inner = code.fsub(code.fmul(v, v), code.fmul(code.constantFloat(1 / 0.147), l));
  const root = code.fsqrt(code.fadd(code.fneg(v), code.fsqrt(inner)));
  const signed = code.select(code.flt(y, code.constant(0)), code.fneg(root), root);
  return code.fmul(code.constantFloat(1.41421356), signed);
}
