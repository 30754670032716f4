/** ArgMax and ArgMin, which differ in direction only. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { argument } from "./argument.ts";
import { NUMBERS } from "./types.ts";

export function argumentOperator(name: string, greatest: boolean): Operator {
  return {
    name,
    inputs: [1, 1],
    lower(node) {
      const x = node.input(0, ...NUMBERS);
      const { attributes, graph } = node;
      const axis = node.axis(attributes.int("axis", 0), x.shape.length);
      const keep = attributes.flag("keepdims", true);
      const last = attributes.flag("select_last_index", false);
      const extent = x.shape[axis];
      check(!extent.equals(0), "SHAPE_MISMATCH", "an axis of size 0 has no greatest or least element");
      const shape = x.shape.flatMap((size, i) => (i !== axis ? [size] : keep ? [Dimension.constant(1)] : []));
      return graph.reduce(
        DType.INT64,
        shape,
        argument({
          dtype: x.dtype,
          extent,
          greatest,
          last,
          element(code, r) {
            const place = code.coordinates();
            if (keep) place[axis] = r;
            else place.splice(axis, 0, r);
            return code.read(x, code.linearIndex(x.shape, place));
          },
        }),
      );
    },
  };
}
