/**
 * One score for each pair of classes, a weighted sum of kernels, and the class with most of them on its side; or, without
 * support vectors, a linear score for each class. Probabilities (Platt's) for two classes only.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { sigmoid } from "../../functions/index.ts";
import { argument } from "../../lowering/argument.ts";
import { byGreatest } from "../../lowering/classifier.ts";
import { constantIndices } from "../../lowering/constants.ts";
import { labelled, readLabels, type ClassLabels } from "../../lowering/labels.ts";
import { linearScores } from "../../lowering/linear.ts";
import { readTransform, transformed, type Transform } from "../../lowering/postTransform.ts";
import { kernelsOf, readKernel, weightedSums } from "../../lowering/supportVectors.ts";
import { rowsOf } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { NodeContext, Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";

export const SVMClassifier: Operator = {
  name: "SVMClassifier",
  domain: ML,
  inputs: [1, 1],
  outputs: 2,
  lower(node) {
    const { attributes } = node;
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const labels = readLabels(node, "classlabels_ints");
    const perClass = attributes.ints("vectors_per_class", undefined) ?? [];
    const coefficients = attributes.floats("coefficients");
    const rho = attributes.floats("rho");
    const vectors = attributes.floats("support_vectors", undefined) ?? [];
    const [probA, probB] = [attributes.floats("prob_a", undefined) ?? [], attributes.floats("prob_b", undefined) ?? []];
    const kernel = readKernel(node);
    const transform = readTransform(node);
    if (perClass.length === 0) {
      check(kernel.type === "LINEAR" && probA.length === 0, "UNSUPPORTED", "a kernel without support vectors");
      const bias = rho.length === 1 ? new Array<number>(labels.count).fill(rho[0]) : rho;
      return byGreatest(node, linearScores(node, x, labels.count, coefficients, bias), labels, transform);
    }
    check(
      perClass.length === labels.count,
      "BAD_ATTRIBUTE",
      `${perClass.length} classes of vectors, ${labels.count} labels`,
    );
    perClass.forEach((size) => check(size >= 0 && size < 2 ** 24, "BAD_ATTRIBUTE", `${size} vectors of a class`));
    check(labels.count <= MOST_CLASSES, "UNSUPPORTED", `${labels.count} classes, more than ${MOST_CLASSES}`);
    const count = perClass.reduce((sum, size) => sum + size, 0);
    const pairs = pairsOf(labels.count);
    check(rho.length === pairs.length, "BAD_ATTRIBUTE", `rho has ${rho.length} values for ${pairs.length} pairs`);
    check(pairs.length * count <= 2 ** 24, "TOO_LARGE", `${pairs.length} pairs of classes, ${count} support vectors`);
    check(coefficients.length === (labels.count - 1) * count, "BAD_ATTRIBUTE", `${coefficients.length} coefficients`);
    const weights = pairWeights(pairs, perClass, coefficients, count);
    const scores = weightedSums(node, kernelsOf(node, x, vectors, count, kernel), weights, rho);
    if (probA.length > 0) {
      check(
        probA.length === rho.length && probB.length === rho.length,
        "BAD_ATTRIBUTE",
        "prob_a and prob_b do not fit rho",
      );
      if (labels.count !== 2)
        node.fail(
          "UNSUPPORTED",
          "probabilities of more than two classes, which are iterated; export without probability",
        );
      return withProbabilities(node, scores, labels, probA[0], probB[0], transform);
    }
    return byVotes(node, scores, labels, pairs, transform);
  },
};

/** Most classes: each pair of them is a score. */
const MOST_CLASSES = 256;

type Pair = readonly [number, number];

function pairsOf(classes: number): Pair[] {
  return Array.from({ length: classes }, (_, i) => i).flatMap((i) =>
    Array.from({ length: classes - 1 - i }, (_, k): Pair => [i, i + 1 + k]),
  );
}

/** The weights of all vectors for each pair; those of other classes weigh nothing. */
function pairWeights(
  pairs: readonly Pair[],
  perClass: readonly number[],
  coefficients: readonly number[],
  count: number,
): number[][] {
  const starts = perClass.map((_, i) => perClass.slice(0, i).reduce((sum, size) => sum + size, 0));
  return pairs.map(([i, j]) => {
    const row = new Array<number>(count).fill(0);
    const take = (own: number, line: number) => {
      for (let m = starts[own]; m < starts[own] + perClass[own]; m++) row[m] = coefficients[line * count + m];
    };
    take(i, j - 1);
    take(j, i);
    return row;
  });
}

/** The class with most votes, ties to the first; scores of pairs, of two classes -s and s. */
function byVotes(
  node: NodeContext,
  scores: TensorValue,
  labels: ClassLabels,
  pairs: readonly Pair[],
  transform: Transform,
): [TensorValue, TensorValue] {
  const { graph } = node;
  const [rows, width] = scores.shape;
  const packed = constantIndices(
    [pairs.length],
    pairs.map(([i, j]) => i * labels.count + j),
  );
  const votes = graph.reduce(DType.INT64, [rows, Dimension.constant(labels.count)], {
    extent: width,
    accumulators: [DType.INT64],
    init: (code) => [code.constant(0)],
    step(code, [sum]) {
      const r = code.step();
      const score = code.read(scores, code.linearIndex(scores.shape, [code.index(0), r]));
      const [first, second] = code.divide(code.read(packed, r), labels.count);
      const winner = code.select(code.flt(code.constant(0), score), first, second);
      return [code.iadd(sum, code.ieq(winner, code.index(1)))];
    },
    final: (_code, [sum]) => sum,
  });
  const winner = graph.reduce(
    DType.INT64,
    [rows],
    argument({
      dtype: DType.INT64,
      extent: Dimension.constant(labels.count),
      greatest: true,
      element: (code, r) => code.read(votes, code.linearIndex(votes.shape, [code.index(0), r])),
    }),
  );
  const label = labelled(graph, [rows], labels, (code) => code.read(winner, code.index(0)));
  if (labels.count !== 2) return [label, transformed(node, scores, transform)];
  const pair = graph.map(DType.FLOAT32, [rows, Dimension.constant(2)], (code) => {
    const score = code.read(scores, code.index(0));
    return code.select(code.index(1), score, code.fneg(score));
  });
  return [label, transformed(node, pair, transform)];
}

/** Platt's probability of the first class from the one score: σ(-(A s + B)), kept off 0 and 1. */
function withProbabilities(
  node: NodeContext,
  scores: TensorValue,
  labels: ClassLabels,
  a: number,
  b: number,
  transform: Transform,
): [TensorValue, TensorValue] {
  const { graph } = node;
  const [rows] = scores.shape;
  const pair = graph.map(DType.FLOAT32, [rows, Dimension.constant(2)], (code) => {
    const score = code.read(scores, code.index(0));
    const inner = code.ffma(code.constantFloat(a), score, code.constantFloat(b));
    const raw = sigmoid(code, code.fneg(inner));
    const first = code.fmin(code.fmax(raw, code.constantFloat(1e-7)), code.constantFloat(1 - 1e-7));
    return code.select(code.index(1), code.fsub(code.constantFloat(1), first), first);
  });
  return byGreatest(node, pair, labels, transform);
}
