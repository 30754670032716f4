/**
 * The k greatest or least elements along an axis and their places, in order: up to 64 by repeated selection, row by row;
 * more by merging sorted runs.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { firstPlaces } from "../lowering/selection.ts";
import { NUMBERS } from "../lowering/types.ts";
import type { NodeContext, Operator } from "../operator.ts";
import { splat } from "../tensorValue.ts";

export const TopK: Operator = {
  name: "TopK",
  inputs: [1, 2],
  outputs: 2,
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...NUMBERS);
    const axis = node.axis(attributes.int("axis", -1), x.shape.length);
    const greatest = node.opset < 11 || attributes.flag("largest", true);
    // Unsorted may be in any order: it is the sorted one.
    if (node.opset >= 11) attributes.flag("sorted", true);
    const k = count(node);
    const size = x.shape[axis];
    check(k.least <= size.greatest, "SHAPE_MISMATCH", `${k} elements of an axis of ${size}`);
    const shape = x.shape.map((own, i) => (i === axis ? k : own));
    if (k.equals(0)) return [splat(x.dtype, shape, 0), splat(DType.INT64, shape, 0)];
    const places = firstPlaces(graph, x, axis, k, greatest);
    const arranged =
      axis === 0
        ? places
        : graph.map(DType.INT64, shape, (code) => {
            const place = code.coordinates();
            const [own] = place.splice(axis, 1);
            return code.read(places, code.linearIndex(places.shape, [own, ...place]));
          });
    const values = graph.map(x.dtype, shape, (code) => {
      const place = code.coordinates();
      place[axis] = code.read(arranged, code.linear());
      return code.read(x, code.linearIndex(x.shape, place));
    });
    return [values, arranged];
  },
};

function count(node: NodeContext): Dimension {
  if (node.opset < 10) return checked(Dimension.constant(node.attributes.int("k")));
  node.input(1, DType.INT64);
  return checked(node.scalar(1)!);
}

function checked(k: Dimension): Dimension {
  const { constant } = k;
  const valid = constant === undefined || (Number.isInteger(constant) && constant >= 0 && constant < 2 ** 31);
  check(valid, "BAD_ATTRIBUTE", `k is ${k}`);
  return k;
}
