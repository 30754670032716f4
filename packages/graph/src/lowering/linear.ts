/** Linear models: rows times coefficients plus intercepts. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import { constantValue, type TensorValue } from "../tensorValue.ts";
import { makeTensor } from "@assay/vm";
import { dotProduct } from "./dot.ts";

/** Floats as a constant of the given shape. */
export function floatTable(shape: readonly number[], values: readonly number[]): TensorValue {
  return constantValue(makeTensor(DType.FLOAT32, shape, new Uint8Array(Float32Array.from(values).buffer)));
}

/** x [rows, features] · coefficients [targets, features]ᵀ + intercepts: [rows, targets]; no intercepts, no addition. */
export function linearScores(
  node: NodeContext,
  x: TensorValue,
  targets: number,
  coefficients: readonly number[],
  intercepts: readonly number[],
): TensorValue {
  const features = x.shape[1];
  check(
    targets >= 1 && coefficients.length % targets === 0,
    "BAD_ATTRIBUTE",
    `${coefficients.length} coefficients for ${targets} targets`,
  );
  const width = coefficients.length / targets;
  node.equalSizes(features, width, "the coefficients of a target");
  check(intercepts.length === 0 || intercepts.length === targets, "BAD_ATTRIBUTE", `${intercepts.length} intercepts`);
  const weights = floatTable([targets, width], coefficients);
  const bias = intercepts.length === 0 ? undefined : floatTable([targets], intercepts);
  return node.graph.reduce(
    DType.FLOAT32,
    [x.shape[0], Dimension.constant(targets)],
    dotProduct({
      dtype: DType.FLOAT32,
      extent: features,
      factors: (code, r) => [
        code.read(x, code.linearIndex(x.shape, [code.index(0), r])),
        code.read(weights, code.linearIndex(weights.shape, [code.index(1), r])),
      ],
      final: (code, sum) => (bias === undefined ? sum : code.fadd(sum, code.read(bias, code.index(1)))),
    }),
  );
}
