/**
 * A forest whose leaves weigh for classes: each tree walked to its leaf, the leaves' weights summed over the trees, and the
 * label of the greatest sum; two classes may share one score.
 */
import { byGreatest, byThreshold } from "../../lowering/classifier.ts";
import { readLabels } from "../../lowering/labels.ts";
import { readTransform } from "../../lowering/postTransform.ts";
import { rowsOf, scoresOf, type Forest } from "../../lowering/trees.ts";
import { readForest, readWeights } from "../../lowering/treeAttributes.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const TreeEnsembleClassifier: Operator = {
  name: "TreeEnsembleClassifier",
  domain: ML,
  inputs: [1, 1],
  outputs: 2,
  lower(node) {
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const labels = readLabels(node, "classlabels_int64s");
    const transform = readTransform(node);
    const base = readWeights(node, "base_values");
    const forest = readForest(node, "class", labels.count);
    const classes = new Set(forest.weights.flatMap((row) => [...row.keys()]));
    if (labels.count !== 2 || classes.size !== 1)
      return byGreatest(node, scoresOf(node, x, forest, "SUM", base), labels, transform);
    const weights = forest.weights.map((row) => new Map([...row.values()].map((value) => [0, value] as const)));
    const single: Forest = { ...forest, targets: 1, weights };
    // One base value belongs to the score; of two, the second.
    const score = scoresOf(node, x, single, "SUM", base.slice(-1));
    const positive = weights.every((row) => [...row.values()].every((value) => value >= 0));
    // Weights for the second class alone leave the first at 0, as onnxruntime has it.
    const pairing = classes.has(1) ? "zero" : positive ? "complement" : "opposite";
    return byThreshold(node, score, labels, transform, positive ? 0.5 : 0, pairing);
  },
};
