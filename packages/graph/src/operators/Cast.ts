/**
 * Another element type: floats truncate and saturate to integers (NaN gives 0), integers wrap, non-zero is true, and float64 is
 * float32. A 4-bit integer stores the low bits of an int32, as ONNX's own reference has it.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { castPart, partOf } from "../lowering/cachePart.ts";
import { cast, elementType } from "../lowering/cast.ts";
import { knownElementwise, withKnown, withWhole } from "../lowering/known.ts";
import { isFloat } from "../lowering/types.ts";
import { STRING } from "../onnx/tensor.ts";
import type { Operator } from "../operator.ts";
import { splat } from "../tensorValue.ts";

/** What a size is as a boolean, if that is the same for all its values. */
function truthOf({ least, greatest }: Dimension): Dimension | undefined {
  if (least > 0 || greatest < 0) return Dimension.constant(1);
  return least === 0 && greatest === 0 ? Dimension.constant(0) : undefined;
}

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
    const to = elementType(node, code);
    node.attributes.int("saturate", 1);
    if (to === x.dtype) return x;
    const part = castPart(partOf(x), to);
    // A cache without rows has no elements.
    if (part !== undefined && x.source.kind === "splat") return { ...splat(to, x.shape, 0), part };
    const value = node.graph.elementwise(to, [x], (code, element) => cast(code, x.dtype, to, element));
    if (part !== undefined) return { ...value, part };
    if (to === DType.BOOL) return withKnown(value, knownElementwise([x], truthOf));
    return isFloat(to) ? withWhole(value, x.known) : withKnown(value, x.known ?? x.whole);
  },
};
