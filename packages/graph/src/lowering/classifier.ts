/** What classifiers have in common: a label and scores for each row. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { sigmoid } from "../functions/index.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { argument } from "./argument.ts";
import { labelled, type ClassLabels } from "./labels.ts";
import { transformed, type Transform } from "./postTransform.ts";

/** The label of the greatest score of each row, ties to the first, and the scores transformed. */
export function byGreatest(
  node: NodeContext,
  scores: TensorValue,
  labels: ClassLabels,
  transform: Transform,
): [TensorValue, TensorValue] {
  const { graph } = node;
  const [rows, classes] = scores.shape;
  const winner = graph.reduce(
    DType.INT64,
    [rows],
    argument({
      dtype: scores.dtype,
      extent: classes,
      greatest: true,
      element: (code, r) => code.read(scores, code.linearIndex(scores.shape, [code.index(0), r])),
    }),
  );
  const label = labelled(graph, [rows], labels, (code) => code.read(winner, code.index(0)));
  return [label, transformed(node, scores, transform)];
}

/** How the one score of two classes becomes two. */
export type Pairing = "complement" | "opposite" | "zero";

/**
 * Two classes told apart by one score [rows, 1]: the second where the score is above the threshold. The scores are
 * 1 - s and s, or -s and s, by LOGISTIC σ(-s) and σ(s); or 0 and s.
 */
export function byThreshold(
  node: NodeContext,
  score: TensorValue,
  labels: ClassLabels,
  transform: Transform,
  threshold: number,
  pairing: Pairing,
): [TensorValue, TensorValue] {
  const { graph } = node;
  const [rows] = score.shape;
  const own = (code: NodeCode): Value => code.read(score, code.index(0));
  const label = labelled(graph, [rows], labels, (code) => code.flt(code.constantFloat(threshold), own(code)));
  const logistic = transform === "LOGISTIC";
  const pair = graph.map(DType.FLOAT32, [rows, Dimension.constant(2)], (code) => {
    const s = own(code);
    const zero = pairing === "zero";
    const opposite = zero ? code.constant(0) : code.fneg(s);
    const other = pairing !== "complement" || logistic ? opposite : code.fsub(code.constantFloat(1), s);
    const chosen = code.select(code.index(1), s, other);
    return logistic ? sigmoid(code, chosen) : chosen;
  });
  return [label, logistic ? pair : transformed(node, pair, transform)];
}
