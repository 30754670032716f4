/** Operators that apply one function to every element. */
import type { DType, Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext, Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { FLOATS } from "./types.ts";

type Apply = (code: NodeCode, x: Value, dtype: DType) => Value;

/** An operator with one input and no attributes; of floats unless other types are given. */
export function unary(name: string, apply: Apply, types: readonly DType[] = FLOATS): Operator {
  return { name, inputs: [1, 1], lower: (node) => applyUnary(node, apply, types) };
}

/** One function applied to input 0. */
export function applyUnary(node: NodeContext, apply: Apply, types: readonly DType[] = FLOATS): TensorValue {
  const x = node.input(0, ...types);
  return node.graph.elementwise(x.dtype, [x], (code, element) => apply(code, element, x.dtype));
}
