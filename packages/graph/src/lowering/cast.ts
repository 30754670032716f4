/** Element types by ONNX's codes, and words of one type as words of another. */
import { DType, isDType, type Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";
import { FLOAT64, FLOAT64_REMARK, heldType } from "../onnx/tensor.ts";
import type { NodeContext } from "../operator.ts";
import { isFloat, isUnsigned, TO_INTEGER } from "./types.ts";

/** The element type with this code, for float64 float32. Throws UNSUPPORTED. */
export function elementType(node: NodeContext, code: number): DType {
  if (code === FLOAT64) node.remark(FLOAT64_REMARK);
  const held = heldType(code);
  return isDType(held) ? held : node.fail("UNSUPPORTED", `element type ${code}`);
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
