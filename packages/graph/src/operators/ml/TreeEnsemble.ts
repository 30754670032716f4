/**
 * A forest of any comparisons, sets included: each tree walked to its leaf, then the leaves' weights put together over the
 * trees.
 */
import { check } from "../../errors.ts";
import { TRANSFORMS, transformed } from "../../lowering/postTransform.ts";
import { readEnsemble } from "../../lowering/treeEnsemble.ts";
import { rowsOf, scoresOf, type Aggregate } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

const AGGREGATES: readonly Aggregate[] = ["AVERAGE", "SUM", "MIN", "MAX"];

export const TreeEnsemble: Operator = {
  name: "TreeEnsemble",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const { attributes } = node;
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const targets = attributes.int("n_targets", 1);
    check(targets >= 1 && targets < 2 ** 20, "BAD_ATTRIBUTE", `${targets} targets`);
    const aggregate = AGGREGATES[attributes.int("aggregate_function", 1)];
    const transform = TRANSFORMS[attributes.int("post_transform", 0)];
    check(aggregate !== undefined && transform !== undefined, "BAD_ATTRIBUTE", "aggregate_function or post_transform");
    return transformed(node, scoresOf(node, x, readEnsemble(node, targets), aggregate, []), transform);
  },
};
