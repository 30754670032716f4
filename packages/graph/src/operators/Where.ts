/** a where the condition holds, else b. */
import { DType } from "@assay/vm";
import { knownElementwise, withKnown } from "../lowering/known.ts";
import type { Operator } from "../operator.ts";

export const Where: Operator = {
  name: "Where",
  inputs: [3, 3],
  lower(node) {
    const condition = node.input(0, DType.BOOL);
    const [a, b] = [node.input(1), node.input(2)];
    const dtype = node.sameType(a, b);
    const value = node.graph.elementwise(dtype, [condition, a, b], (code, p, x, y) => code.select(p, x, y));
    const known = knownElementwise([condition, a, b], (p, x, y) => {
      if (p.constant === undefined) return undefined;
      return p.constant !== 0 ? x : y;
    });
    return withKnown(value, known);
  },
};
