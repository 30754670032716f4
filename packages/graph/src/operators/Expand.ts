/** A tensor repeated along axes of size 1, to a shape that is known at import. */
import { countOf, sameShape } from "../dimension.ts";
import { broadcastShape } from "../graph.ts";
import { withKnown } from "../lowering/known.ts";
import type { Operator } from "../operator.ts";
import { MAX_KNOWN } from "../tensorValue.ts";
import { expandedView } from "../view.ts";

export const Expand: Operator = {
  name: "Expand",
  inputs: [2, 2],
  moves: "first",
  lower(node) {
    const x = node.input(0);
    const shape = broadcastShape([x.shape, node.known(1)!]);
    if (sameShape(shape, x.shape)) return x;
    if (x.source.kind === "view") return expandedView(x, shape);
    if (x.source.kind !== "splat") {
      return node.graph.elementwise(x.dtype, [x], (_code, element) => element, shape);
    }
    const repeated = { dtype: x.dtype, shape, source: x.source };
    const [element] = x.known ?? [];
    const count = countOf(shape).constant ?? Infinity;
    const known = element && count <= MAX_KNOWN ? Array.from({ length: count }, () => element) : undefined;
    return withKnown(repeated, known);
  },
};
