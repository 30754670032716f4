/**
 * A forest whose leaves weigh for targets: each tree walked to its leaf, then the leaves' weights summed over the trees.
 */
import { check } from "../../errors.ts";
import { readTransform, transformed } from "../../lowering/postTransform.ts";
import { rowsOf, scoresOf } from "../../lowering/trees.ts";
import { readForest, readWeights } from "../../lowering/treeAttributes.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const TreeEnsembleRegressor: Operator = {
  name: "TreeEnsembleRegressor",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const targets = node.attributes.int("n_targets", 1);
    check(targets >= 1 && targets < 2 ** 20, "BAD_ATTRIBUTE", `${targets} targets`);
    const aggregate = node.attributes.choice("aggregate_function", ["SUM", "AVERAGE", "MIN", "MAX"], "SUM");
    const base = readWeights(node, "base_values");
    const transform = readTransform(node);
    const scores = scoresOf(node, x, readForest(node, "target", targets), aggregate, base);
    return transformed(node, scores, transform);
  },
};
