/** Negative log-likelihood of target classes: see `lowering/likelihood.ts`. */
import { negativeLogLikelihood } from "../lowering/likelihood.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const NegativeLogLikelihoodLoss: Operator = {
  name: "NegativeLogLikelihoodLoss",
  inputs: [2, 3],
  lower: (node) => negativeLogLikelihood(node, node.input(0, ...FLOATS)),
};
