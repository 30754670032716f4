/** A weighted sum of kernels between the row and the support vectors, plus rho; or its sign, for one class. */
import { check } from "../../errors.ts";
import { linearScores } from "../../lowering/linear.ts";
import { readTransform, transformed } from "../../lowering/postTransform.ts";
import { kernelsOf, readKernel, weightedSums } from "../../lowering/supportVectors.ts";
import { rowsOf } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";

export const SVMRegressor: Operator = {
  name: "SVMRegressor",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const { attributes, graph } = node;
    const x = rowsOf(node, node.input(0, ...NUMBERS));
    const count = attributes.int("n_supports", 0);
    const coefficients = attributes.floats("coefficients");
    const rho = attributes.floats("rho");
    const vectors = attributes.floats("support_vectors", undefined) ?? [];
    const kernel = readKernel(node);
    const oneClass = attributes.flag("one_class", false);
    const transform = readTransform(node);
    check(rho.length === 1, "BAD_ATTRIBUTE", `rho has ${rho.length} values`);
    check(
      count === 0 || coefficients.length === count,
      "BAD_ATTRIBUTE",
      `${coefficients.length} coefficients for ${count} vectors`,
    );
    const scores =
      count > 0
        ? weightedSums(node, kernelsOf(node, x, vectors, count, kernel), [coefficients], rho)
        : linearScores(node, x, 1, coefficients, rho);
    if (!oneClass) return transformed(node, scores, transform);
    return graph.elementwise(scores.dtype, [scores], (code, score) =>
      code.select(code.flt(code.constant(0), score), code.constantFloat(1), code.constantFloat(-1)),
    );
  },
};
