/** Pairs of columns of each head turned by an angle of the position; angles are given, or chosen from caches. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import { byHead, byPosition } from "../lowering/heads.ts";
import { cached, rotaryDim, rotated, type Rotation } from "../lowering/rotary.ts";
import { FLOATS } from "../lowering/types.ts";
import { constantSize, type Operator } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";

export const RotaryEmbedding: Operator = {
  name: "RotaryEmbedding",
  inputs: [3, 4],
  lower(node) {
    const { attributes, graph } = node;
    const x = node.input(0, ...FLOATS);
    const caches = [node.input(1, x.dtype), node.input(2, x.dtype)];
    const positions = node.optional(3, DType.INT64);
    const headsFirst = x.shape.length === 4;
    const count = attributes.int("num_heads", 0);
    const heads = headsFirst ? byHead(node, x, "X") : byPosition(node, x, count, "X");
    const dim = rotaryDim(node, heads.size);
    if (positions !== undefined) {
      node.rank(positions, 2, "position_ids");
      [heads.batch, heads.positions].forEach((size, axis) =>
        node.equalSizes(positions.shape[axis], size, `position_ids, axis ${axis}`),
      );
    }
    const [cos, sin] = caches.map((cache, i): Rotation["cos"] => {
      const what = ["cos_cache", "sin_cache"][i];
      if (positions !== undefined) {
        return cached(
          node,
          heads,
          cache,
          dim / 2,
          (code, b, p) => code.read(positions, code.linearIndex(positions.shape, [b, p])),
          what,
        );
      }
      return given(cache, what);
    });
    const result = rotated(
      graph,
      heads,
      { cos, sin, dim, interleaved: attributes.flag("interleaved", false) },
      headsFirst,
    );
    return withShape(result, x.shape);

    /** Angles given for each place. */
    function given(cache: TensorValue, what: string): Rotation["cos"] {
      node.rank(cache, 3, what);
      node.equalSizes(cache.shape[0], heads.batch, `${what}, axis 0`);
      node.equalSizes(cache.shape[1], heads.positions, `${what}, axis 1`);
      const columns = constantSize(cache.shape[2], `the columns of ${what}`);
      check(columns >= dim / 2, "SHAPE_MISMATCH", `${what} has ${columns} columns, fewer than ${dim / 2}`);
      return (code, ...place) => code.read(cache, code.linearIndex(cache.shape, place));
    }
  },
};
