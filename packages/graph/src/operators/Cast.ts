/**
 * Another element type: floats truncate and saturate to integers (NaN gives 0), integers wrap, and non-zero is true. A
 * 4-bit integer stores the low bits of an int32, as ONNX's own reference has it.
 */
import { DType, isDType, type Value } from "@assay/vm";
import { GraphError } from "../errors.ts";
import { isFloat, isUnsigned, TO_INTEGER } from "../lowering/types.ts";
import { withKnown } from "../lowering/known.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";

export const Cast: Operator = {
  name: "Cast",
  inputs: [1, 1],
  strings: true,
  lower(node) {
    const x = node.input(0);
    const code = node.attributes.int("to");
    if (x.labels !== undefined) {
      if (code !== STRING) node.fail("UNSUPPORTED", "strings as numbers");
      return x;
    }
    const to = elementType(code);
    node.attributes.int("saturate", 1);
    if (to === x.dtype) return x;
    const value = node.graph.elementwise(to, [x], (code, element) => cast(code, x.dtype, to, element));
    return withKnown(value, x.known);
  },
};

/** ONNX's code of strings. */
const STRING = 8;

/** The element type with this code. Throws UNSUPPORTED. */
export function elementType(code: number): DType {
  if (!isDType(code)) throw new GraphError("UNSUPPORTED", `element type ${code}`);
  return code;
}

/** A word of type `from` as a word of type `to`. */
export function cast(code: NodeCode, from: DType, to: DType, x: Value): Value {
  if (to === DType.BOOL) return isFloat(from) ? code.lnot(code.feq(x, code.constant(0))) : code.truth(x);
  if (isFloat(to)) {
    if (isFloat(from)) return x;
    return isUnsigned(from) ? code.utof(x) : code.itof(x);
  }
  if (!isFloat(from)) return code.wrapped(to, x);
  const name = TO_INTEGER.get(to);
  if (name !== undefined) return code[name](x);
  return code.wrapped(to, code.ftoi32(x));
}
