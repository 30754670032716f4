/** Lists of floats with one value for all features, or one for each. */
import type { Value } from "@assay/vm";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { floatTable } from "./linear.ts";

/** The value of a list at the element's feature, the last coordinate. */
export function perFeature(x: TensorValue, name: string, values: readonly number[]): (code: NodeCode) => Value {
  const features = x.shape.at(-1);
  if (values.length === 1) return (code) => code.constantFloat(values[0]);
  check(
    features?.equals(values.length) === true,
    "BAD_ATTRIBUTE",
    `${name} has ${values.length} values for ${features} features`,
  );
  const table = floatTable([values.length], values);
  return (code) => code.read(table, code.index(x.shape.length - 1));
}
