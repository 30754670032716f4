/** Operators that apply one function to every element. */
import type { DType, Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext, Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { knownElementwise, withKnown, withWhole } from "./known.ts";
import { FLOATS } from "./types.ts";

type Apply = (code: NodeCode, x: Value, dtype: DType) => Value;

/** An operator with one input and no attributes; of floats unless other types are given. `known` is what it makes of a size. */
export function unary(
  name: string,
  apply: Apply,
  types: readonly DType[] = FLOATS,
  known?: (x: Dimension) => Dimension,
): Operator {
  return {
    name,
    inputs: [1, 1],
    lower(node) {
      const value = applyUnary(node, apply, types);
      if (known === undefined) return value;
      const sizes = knownElementwise([node.input(0)], known);
      return withWhole(withKnown(value, sizes), sizes);
    },
  };
}

/** One function applied to input 0. */
export function applyUnary(node: NodeContext, apply: Apply, types: readonly DType[] = FLOATS): TensorValue {
  const x = node.input(0, ...types);
  return node.graph.elementwise(x.dtype, [x], (code, element) => apply(code, element, x.dtype));
}
