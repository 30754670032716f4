/** The logarithm of the softmax over the classes, then its negative log-likelihood; the second output is the logarithm. */
import { check } from "../errors.ts";
import { negativeLogLikelihood } from "../lowering/likelihood.ts";
import { softmaxOver } from "../lowering/softmax.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const SoftmaxCrossEntropyLoss: Operator = {
  name: "SoftmaxCrossEntropyLoss",
  inputs: [2, 3],
  outputs: 2,
  lower(node) {
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 2, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 2`);
    const logarithms = softmaxOver(node, x, [1], true);
    return [negativeLogLikelihood(node, logarithms), logarithms];
  },
};
