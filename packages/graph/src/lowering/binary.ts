/** Operators that combine two tensors element by element, broadcast. */
import { DType, type Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { knownElementwise, withKnown, withWhole } from "./known.ts";
import { NUMBERS } from "./types.ts";

export interface Binary {
  readonly name: string;
  readonly types?: readonly DType[];
  /** Type of the result; that of the inputs if absent. */
  readonly result?: DType;
  apply(code: NodeCode, dtype: DType, a: Value, b: Value): Value;
  /** The same on sizes that are known at import. */
  known?(a: Dimension, b: Dimension): Dimension | undefined;
  /** Whether `known` holds of floats that are whole numbers, too. */
  readonly whole?: boolean;
}

/** An operator with two inputs of one type and no attributes. */
export function binary({ name, types = NUMBERS, result, apply, known, whole = false }: Binary): Operator {
  return {
    name,
    inputs: [2, 2],
    lower(node) {
      const inputs = [node.input(0, ...types), node.input(1, ...types)];
      const dtype = node.sameType(...inputs);
      const value = node.graph.elementwise(result ?? dtype, inputs, (code, a, b) => apply(code, dtype, a, b));
      if (known === undefined) return value;
      const sizes = knownElementwise(inputs, known);
      return withKnown(whole ? withWhole(value, sizes) : value, sizes);
    },
  };
}

/** A predicate: two inputs of one type, a boolean out. */
export function comparison(
  name: string,
  apply: (code: NodeCode, dtype: DType, a: Value, b: Value) => Value,
  types: readonly DType[] = NUMBERS,
  known?: Binary["known"],
): Operator {
  return binary({ name, types, result: DType.BOOL, apply, ...(known && { known }) });
}
