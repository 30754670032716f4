/**
 * A linear score for each class, and the label of the greatest; two classes may share one score. There are as many scores as
 * intercepts; coefficients beyond those of the scores are not read. The specification leaves their number open, and onnxruntime,
 * one of whose own examples has too many, does so.
 */
import { check } from "../../errors.ts";
import { byGreatest, byThreshold } from "../../lowering/classifier.ts";
import { readLabels } from "../../lowering/labels.ts";
import { linearScores } from "../../lowering/linear.ts";
import { readTransform } from "../../lowering/postTransform.ts";
import { rowsOf } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import { constantSize, type Operator } from "../../operator.ts";

export const LinearClassifier: Operator = {
  name: "LinearClassifier",
  domain: ML,
  inputs: [1, 1],
  outputs: 2,
  lower(node) {
    const { attributes } = node;
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const labels = readLabels(node, "classlabels_ints");
    attributes.int("multi_class", 0);
    const transform = readTransform(node);
    const coefficients = attributes.floats("coefficients");
    const intercepts = attributes.floats("intercepts", undefined) ?? [];
    const features = constantSize(x.shape[1], "the number of features");
    const shared = features === 0 ? 0 : coefficients.length / features;
    const targets = intercepts.length > 0 ? intercepts.length : shared;
    const read = coefficients.slice(0, targets * features);
    if (read.length < coefficients.length) {
      node.remark(`of ${coefficients.length} coefficients the first ${read.length} are read`);
    }
    const scores = linearScores(node, x, targets, read, intercepts);
    if (targets === 1 && labels.count === 2) {
      const [label, pair] = byThreshold(node, scores, labels, transform, 0, "opposite");
      return [label, pair];
    }
    check(targets > 1 && targets === labels.count, "BAD_ATTRIBUTE", `${targets} scores for ${labels.count} labels`);
    return byGreatest(node, scores, labels, transform);
  },
};
