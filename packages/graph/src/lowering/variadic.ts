/** Operators that combine any number of tensors from the left. */
import type { DType, Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { knownElementwise, withKnown, withWhole } from "./known.ts";
import { NUMBERS } from "./types.ts";

/** Inputs of one node: each is a load. */
const MOST_INPUTS = 4;

export function variadic(
  name: string,
  apply: (code: NodeCode, dtype: DType, a: Value, b: Value) => Value,
  known?: (a: Dimension, b: Dimension) => Dimension,
): Operator {
  return {
    name,
    inputs: [1, 4096],
    lower(node) {
      const inputs = node.all(...NUMBERS);
      const dtype = node.sameType(...inputs);
      let [value] = inputs;
      for (let i = 1; i < inputs.length; i += MOST_INPUTS - 1) {
        const group = [value, ...inputs.slice(i, i + MOST_INPUTS - 1)];
        value = node.graph.elementwise(dtype, group, (code, ...elements: Value[]) =>
          elements.reduce((total, element) => apply(code, dtype, total, element)),
        );
      }
      if (known === undefined) return value;
      const sizes = knownElementwise(inputs, (...elements) => elements.reduce(known));
      return withWhole(withKnown(value, sizes), sizes);
    },
  };
}
