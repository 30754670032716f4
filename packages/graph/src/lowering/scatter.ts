/** How a scattered update meets what is there: it replaces it, or is combined with it. */
import type { DType, Value } from "@assay/vm";
import { GraphError } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import { add, maximum, minimum, mul } from "./arithmetic.ts";
import { NUMBERS } from "./types.ts";

export type Combine = (code: NodeCode, old: Value, update: Value) => Value;

/** The combination that the `reduction` attribute names. */
export function readCombination(node: NodeContext, dtype: DType): Combine {
  const names = ["none", "add", "mul", "max", "min"] as const;
  const name = node.attributes.choice("reduction", names, "none");
  if (name === "none") return (_code, _old, update) => update;
  if (!(NUMBERS as readonly DType[]).includes(dtype)) {
    throw new GraphError("TYPE_MISMATCH", `reduction ${name} of values that are no numbers`);
  }
  const operation = { add, mul, max: maximum, min: minimum }[name];
  return (code, old, update) => operation(code, dtype, old, update);
}
