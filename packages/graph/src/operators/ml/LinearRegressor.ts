/** Rows times coefficients plus intercepts: a sum of products over the features, then one add. */
import { linearScores } from "../../lowering/linear.ts";
import { readTransform, transformed } from "../../lowering/postTransform.ts";
import { rowsOf } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const LinearRegressor: Operator = {
  name: "LinearRegressor",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const { attributes } = node;
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const targets = attributes.int("targets", 1);
    const intercepts = attributes.floats("intercepts", undefined) ?? [];
    const transform = readTransform(node);
    return transformed(node, linearScores(node, x, targets, attributes.floats("coefficients"), intercepts), transform);
  },
};
