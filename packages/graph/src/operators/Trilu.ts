/** The upper or lower triangle of each matrix, zeros elsewhere; k shifts the diagonal. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";

export const Trilu: Operator = {
  name: "Trilu",
  inputs: [1, 2],
  lower(node) {
    const x = node.input(0);
    const rank = x.shape.length;
    check(rank >= 2, "SHAPE_MISMATCH", `the input has rank ${rank}, less than 2`);
    const upper = node.attributes.flag("upper", true);
    const k = node.optional(1, DType.INT64);
    return node.graph.elementwise(
      x.dtype,
      [x, ...(k ? [k] : [])],
      (code, element, shift) => {
        const diagonal = code.isub(code.index(rank - 1), code.index(rank - 2));
        const offset = shift ?? code.constant(0);
        const kept = upper ? code.ile(offset, diagonal) : code.ile(diagonal, offset);
        return code.select(kept, element, code.constant(0));
      },
      x.shape,
    );
  },
};
