/**
 * The numbers of a forest in float32, where a model gives them in float64: thresholds such that every comparison with a float32
 * stays as it is, weights rounded.
 */
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import type { TreeNode } from "./trees.ts";

/** The float32 that compares with every float32 as the threshold does. Throws TYPE_MISMATCH where an equality has none. */
export function heldThreshold({ mode, threshold }: Pick<TreeNode, "mode" | "threshold">): number {
  switch (mode) {
    case "LEQ":
    case "GT":
      return greatestUpTo(threshold);
    case "LT":
    case "GTE":
      return -greatestUpTo(-threshold);
    default: {
      const exact = Object.is(Math.fround(threshold), threshold);
      check(exact, "TYPE_MISMATCH", `an equality with ${threshold}, which is not exact in binary32`);
      return threshold;
    }
  }
}

/** The greatest float32 that is not above a number; NaN for NaN. */
function greatestUpTo(value: number): number {
  const nearest = Math.fround(value);
  if (!(nearest > value)) return nearest;
  if (nearest === 0) return -LEAST_FLOAT;
  const [bits] = new Int32Array(Float32Array.of(nearest).buffer);
  return new Float32Array(Int32Array.of(nearest > 0 ? bits - 1 : bits + 1).buffer)[0];
}

const LEAST_FLOAT = 2 ** -149;

/** Weights of float64 in float32, rounded to the nearest, which is remarked. Throws TYPE_MISMATCH where one is too great. */
export function roundedWeights(node: NodeContext, weights: readonly number[]): number[] {
  const rounded = weights.map(Math.fround);
  rounded.forEach((value, i) => {
    const kept = Number.isFinite(value) || !Number.isFinite(weights[i]);
    check(kept, "TYPE_MISMATCH", `a weight of ${weights[i]} is beyond float32`);
  });
  if (rounded.some((value, i) => !Object.is(value, weights[i]))) node.remark("float64 weights are rounded to float32");
  return rounded;
}
