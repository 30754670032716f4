/** Another element type: that of the second input. */
import type { Operator } from "../operator.ts";
import { cast } from "../lowering/cast.ts";

export const CastLike: Operator = {
  name: "CastLike",
  inputs: [2, 2],
  lower(node) {
    const [x, like] = [node.input(0), node.input(1)];
    node.attributes.int("saturate", 1);
    if (x.dtype === like.dtype) return x;
    return node.graph.elementwise(like.dtype, [x], (code, element) => cast(code, x.dtype, like.dtype, element));
  },
};
