/**
 * Negative log-likelihood: minus the logarithm of the probability of each target class, times the class's weight; none for the
 * ignored class. The mean is the sum ÷ the sum of the weights that took part.
 */
import { DType, type Value } from "@assay/vm";
import { countOf } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { trailingSum } from "./sum.ts";
import { FLOATS } from "./types.ts";

/** The loss of `logarithms` [N, C, …] for the targets of input 1 [N, …] with the weights of input 2 [C], if any. */
export function negativeLogLikelihood(node: NodeContext, logarithms: TensorValue): TensorValue {
  const { graph, attributes } = node;
  const target = node.input(1, DType.INT32, DType.INT64);
  const weight = node.optional(2, ...FLOATS);
  const { dtype } = logarithms;
  if (weight !== undefined) node.sameType(logarithms, weight);
  check(logarithms.shape.length >= 2, "SHAPE_MISMATCH", `the input has rank ${logarithms.shape.length}, less than 2`);
  const [batch, classes, ...places] = logarithms.shape;
  const shape = [batch, ...places];
  node.rank(target, shape.length, "the target");
  shape.forEach((size, axis) => node.equalSizes(target.shape[axis], size, `axis ${axis} of the target`));
  if (weight !== undefined) {
    node.rank(weight, 1, "the weight");
    node.equalSizes(weight.shape[0], classes, "the weight");
  }
  const ignored = attributes.int("ignore_index", undefined);
  const reduction = attributes.choice("reduction", ["none", "sum", "mean"], "mean");

  /** The weight of the target class, and whether it is one that counts. */
  const weightOf = (code: NodeCode, linear: Value): { kind: Value; counts: Value; weight: Value | undefined } => {
    const kind = code.read(target, linear);
    const inside = code.within(kind, classes);
    const counts = ignored === undefined ? inside : code.and(inside, code.ine(kind, code.constantInt(ignored)));
    return { kind, counts, weight: weight && code.readIf(counts, weight, kind) };
  };
  const lossOf = (code: NodeCode, place: readonly Value[], linear: Value): Value => {
    const { kind, counts, weight: own } = weightOf(code, linear);
    const [n, ...rest] = place;
    const logarithm = code.readIf(counts, logarithms, code.linearIndex(logarithms.shape, [n, kind, ...rest]));
    const loss = code.fneg(logarithm);
    return code.select(counts, own === undefined ? loss : code.fmul(own, loss), code.constant(0));
  };
  if (reduction === "none") return graph.map(dtype, shape, (code) => lossOf(code, code.coordinates(), code.linear()));
  const extent = countOf(shape);
  const sum = trailingSum(graph, {
    dtype: reduction === "sum" ? dtype : DType.FLOAT32,
    shape: [],
    extent,
    term: (code, _place, r) => lossOf(code, code.split(r, shape), r),
    ...(reduction === "mean" &&
      weight === undefined &&
      ignored === undefined && {
        final: (code: NodeCode, total: Value) => code.fdiv(total, code.utof(code.size(extent))),
      }),
  });
  if (reduction === "sum") return sum;
  if (weight === undefined && ignored === undefined) {
    return dtype === DType.FLOAT32 ? sum : graph.elementwise(dtype, [sum], (_code, value) => value);
  }
  const weights = trailingSum(graph, {
    dtype: DType.FLOAT32,
    shape: [],
    extent,
    term(code, _place, r) {
      const { counts, weight: own } = weightOf(code, r);
      return code.select(counts, own ?? code.constantFloat(1), code.constant(0));
    },
  });
  return graph.elementwise(dtype, [sum, weights], (code, total, count) => code.fdiv(total, count));
}
