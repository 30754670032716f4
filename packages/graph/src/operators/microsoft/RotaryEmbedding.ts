/** Pairs of columns of each head turned by an angle of the position, chosen from caches, as onnxruntime has it. */
import { DType } from "@assay/vm";
import { check } from "../../errors.ts";
import { byHead, byPosition } from "../../lowering/heads.ts";
import { cached, rotaryDim, rotated } from "../../lowering/rotary.ts";
import { FLOATS } from "../../lowering/types.ts";
import type { NodeCode } from "../../nodeCode.ts";
import type { Value } from "@assay/vm";
import { constantSize, MICROSOFT, type Operator } from "../../operator.ts";
import { withShape } from "../../tensorValue.ts";

export const RotaryEmbedding: Operator = {
  name: "RotaryEmbedding",
  domain: MICROSOFT,
  inputs: [4, 4],
  lower(node) {
    const { attributes, graph } = node;
    const x = node.input(0, ...FLOATS);
    const positions = node.input(1, DType.INT64);
    const caches = [node.input(2, x.dtype), node.input(3, x.dtype)];
    check(!attributes.flag("is_packed_batching", false), "UNSUPPORTED", "packed batching");
    const scale = attributes.float("scale", 1);
    check(scale === 1, "UNSUPPORTED", `scale ${scale}`);
    const headsFirst = x.shape.length === 4;
    if (!headsFirst) node.rank(x, 3, "the input");
    node.rank(caches[0], 2, "cos_cache");
    const named = attributes.int("num_heads", 0);
    const partial = attributes.int("rotary_embedding_dim", 0);
    check(partial === 0 || headsFirst || named > 0, "BAD_ATTRIBUTE", "num_heads is missing");
    const size = 2 * constantSize(caches[0].shape[1], "the columns of cos_cache");
    const count = named > 0 || headsFirst ? named : constantSize(x.shape[2], "the hidden size") / size;
    const heads = headsFirst ? byHead(node, x, "the input") : byPosition(node, x, count, "the input");
    const dim = rotaryDim(node, heads.size);
    const offset = positions.shape.length === 1;
    if (offset) node.equalSizes(positions.shape[0], 1, "position_ids");
    else {
      node.rank(positions, 2, "position_ids");
      node.equalSizes(positions.shape[0], heads.batch, "position_ids, axis 0");
      node.equalSizes(positions.shape[1], heads.positions, "position_ids, axis 1");
    }
    const position = (code: NodeCode, b: Value, p: Value) =>
      offset
        ? code.iadd(code.read(positions, code.constant(0)), p)
        : code.read(positions, code.linearIndex(positions.shape, [b, p]));
    const [cos, sin] = caches.map((cache, i) =>
      cached(node, heads, cache, dim / 2, position, ["cos_cache", "sin_cache"][i]),
    );
    const interleaved = attributes.flag("interleaved", false);
    return withShape(rotated(graph, heads, { cos, sin, dim, interleaved }, headsFirst), x.shape);
  },
};
