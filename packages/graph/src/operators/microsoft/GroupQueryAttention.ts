/**
 * Causal attention in which runs of query heads share a key and a value head, with rotary embedding and a cache, as
 * onnxruntime fuses it. `seqlens_k` + 1 is how many positions each row of the batch has, those of this call last; what lies
 * beyond them in the cache is not seen. Without right padding, past and current positions simply follow each other.
 */
import { DType, type Value } from "@assay/vm";
import { countOf, Dimension } from "../../dimension.ts";
import { check } from "../../errors.ts";
import { attention, biased, broadcastAt, masked } from "../../lowering/attention.ts";
import { appended, byHead, byPosition, type Heads } from "../../lowering/heads.ts";
import { cached, rotaryDim, rotated } from "../../lowering/rotary.ts";
import { FLOATS } from "../../lowering/types.ts";
import type { NodeCode } from "../../nodeCode.ts";
import { constantSize, MICROSOFT, type NodeContext, type Operator } from "../../operator.ts";
import type { TensorValue } from "../../tensorValue.ts";

export const GroupQueryAttention: Operator = {
  name: "GroupQueryAttention",
  domain: MICROSOFT,
  inputs: [7, 14],
  absent: [1, 2, 3, 4],
  outputs: 4,
  lower(node) {
    const { attributes, graph } = node;
    const read = readHeads(node);
    const { query, key, value } = read;
    const lengths = readLengths(node, query);
    const [pastKey, pastValue] = [node.optional(3, query.dtype), node.optional(4, query.dtype)];
    check((pastKey === undefined) === (pastValue === undefined), "BAD_ARITY", "past keys and values go together");
    const cache = readCache(node, query, pastKey, lengths);

    const turn = readRotation(node, query, cache.before);
    const keys = cache.join(node, turn(key), pastKey);
    const values = cache.join(node, value, pastValue);
    const sink = node.optional(11, query.dtype);
    if (sink !== undefined) {
      node.rank(sink, 1, "head_sink");
      node.equalSizes(sink.shape[0], query.heads, "head_sink");
    }
    const smooth = attributes.int("smooth_softmax", -1) === 1;
    const given = attributes.float("scale", 0);
    const size = constantSize(query.size, "the size of a head");
    const quantised = node.optional(12) !== undefined || node.optional(13) !== undefined;
    const types = ["k_quant_type", "v_quant_type"].map((name) => attributes.string(name, "NONE"));
    check(!quantised && types.every((type) => type === "NONE"), "UNSUPPORTED", "a quantised cache");
    attributes.int("kv_cache_bit_width", 0);
    check(attributes.int("qk_output", 0) === 0, "UNSUPPORTED", "scores as an output");
    const cap = attributes.float("softcap", 0);
    check(cap >= 0, "BAD_ATTRIBUTE", `softcap is ${cap}`);
    const { output } = attention(graph, {
      dtype: query.dtype,
      query: turn(query),
      key: byHead(node, keys, "the keys"),
      value: byHead(node, values, "the values"),
      scale: { sum: given === 0 ? Math.fround(1 / Math.fround(Math.sqrt(size))) : given },
      cap,
      ...readMask(node, query, keys.shape[2], cache.before),
      ...(sink !== undefined
        ? { sink: (code: NodeCode, head: Value) => code.read(sink, head) }
        : smooth && { sink: (code: NodeCode) => code.constant(0) }),
      headsFirst: false,
    });
    return [output, keys, values];
  },
};

function readHeads(node: NodeContext): { query: Heads; key: Heads; value: Heads } {
  const [heads, keyHeads] = [node.attributes.int("num_heads"), node.attributes.int("kv_num_heads")];
  const valid = heads >= 1 && keyHeads >= 1 && heads % keyHeads === 0;
  check(valid, "BAD_ATTRIBUTE", `${heads} heads of queries share ${keyHeads}`);
  const query = node.input(0, ...FLOATS);
  const [key, value] = [node.optional(1, query.dtype), node.optional(2, query.dtype)];
  if (key !== undefined && value !== undefined) {
    return {
      query: byPosition(node, query, heads, "the query"),
      key: byPosition(node, key, keyHeads, "the key"),
      value: byPosition(node, value, keyHeads, "the value"),
    };
  }
  check(key === undefined && value === undefined, "BAD_ARITY", "keys and values go together");
  node.rank(query, 3, "the query");
  const size = constantSize(query.shape[2], "the columns of the query") / (heads + 2 * keyHeads);
  check(Number.isInteger(size), "SHAPE_MISMATCH", `${query.shape[2]} columns in ${heads} + 2 · ${keyHeads} heads`);
  const part = (count: number, from: number) =>
    byPosition(node, query, count, "the query", Dimension.constant(count * size), from * size);
  return { query: part(heads, 0), key: part(keyHeads, heads), value: part(keyHeads, heads + keyHeads) };
}

/** The int32 lengths, one for each row of the batch. */
function readLengths(node: NodeContext, query: Heads): TensorValue {
  const lengths = node.input(5, DType.INT32);
  node.equalSizes(countOf(lengths.shape), query.batch, "seqlens_k");
  return lengths;
}

interface Cache {
  /** How many positions lie before those of this call. */
  before(code: NodeCode, batch: Value): Value;
  /** Past and current heads as one tensor. */
  join(node: NodeContext, current: Heads, past: TensorValue | undefined): TensorValue;
}

function readCache(node: NodeContext, query: Heads, past: TensorValue | undefined, lengths: TensorValue): Cache {
  const held = past?.shape[2] ?? Dimension.constant(0);
  const [total] = node.optional(6, DType.INT32)?.known ?? [];
  const joined = held.add(query.positions);
  const all = total ?? joined;
  // INVARIANT: a batch of one has no padding inside, so what was before is what the past holds.
  if (held.equals(0) || (query.batch.equals(1) && all.equals(joined))) {
    return {
      before: (code) => code.size(held),
      join: (context, current, tensor) => appended(context, current, tensor, true)[1]!,
    };
  }
  const sizes = [held.constant, all.constant];
  const shared = sizes.every((size) => size !== undefined) ? Math.max(...sizes) : undefined;
  const positions = shared === undefined ? all : Dimension.constant(shared);
  const before = (code: NodeCode, batch: Value) => {
    const length = code.iadd(code.read(lengths, batch), code.constant(1));
    return code.imax(code.isub(length, code.size(query.positions)), code.constant(0));
  };
  return {
    before,
    join(context, current, tensor) {
      context.rank(tensor!, 4, "a past");
      const wanted = [current.batch, Dimension.constant(current.heads), held, current.size];
      wanted.forEach((size, axis) => context.equalSizes(tensor!.shape[axis], size, `axis ${axis} of a past`));
      const shape = [current.batch, Dimension.constant(current.heads), positions, current.size];
      return context.graph.map(current.dtype, shape, (code) => {
        const [b, h, j, column] = code.coordinates();
        const at = code.isub(j, before(code, b));
        const now = code.within(at, current.positions);
        const old = code.linearIndex(tensor!.shape, [b, h, j, column]);
        // A cache of the same length is written in place; a longer one holds zeros beyond the positions of its row.
        const inside = positions.equals(held)
          ? code.lnot(now)
          : code.ult(j, code.imin(before(code, b), code.size(held)));
        const kept = code.readIf(inside, tensor!, old);
        const place = code.select(now, at, code.constant(0));
        return code.select(now, current.read(code, b, h, place, column), kept);
      });
    },
  };
}

/** Turns heads by their positions, where the node asks for it. */
function readRotation(node: NodeContext, query: Heads, before: Cache["before"]): (heads: Heads) => Heads {
  const { attributes } = node;
  const interleaved = attributes.flag("rotary_interleaved", false);
  if (!attributes.flag("do_rotary", false)) return (heads) => heads;
  const caches = [node.input(7, query.dtype), node.input(8, query.dtype)];
  const positions = node.optional(9, DType.INT64);
  if (positions !== undefined) {
    node.rank(positions, 2, "position_ids");
    node.equalSizes(positions.shape[0], query.batch, "position_ids, axis 0");
    node.equalSizes(positions.shape[1], query.positions, "position_ids, axis 1");
  }
  node.rank(caches[0], 2, "cos_cache");
  const whole = rotaryDim(node, query.size);
  const dim = Math.min(whole, 2 * constantSize(caches[0].shape[1], "the columns of cos_cache"));
  const position = (code: NodeCode, b: Value, p: Value) =>
    positions === undefined
      ? code.iadd(before(code, b), p)
      : code.read(positions, code.linearIndex(positions.shape, [b, p]));
  const [cos, sin] = caches.map((cache, i) =>
    cached(node, query, cache, dim / 2, position, ["cos_cache", "sin_cache"][i]),
  );
  return (heads) => byHead(node, rotated(node.graph, heads, { cos, sin, dim, interleaved }, true), "turned heads");
}

function readMask(node: NodeContext, query: Heads, positions: Dimension, before: Cache["before"]) {
  const window = node.attributes.int("local_window_size", -1);
  check(window >= -1, "BAD_ATTRIBUTE", `local_window_size is ${window}`);
  const bias = node.optional(10, query.dtype);
  if (bias !== undefined) {
    node.rank(bias, 4, "the bias of scores");
    [query.batch, Dimension.constant(query.heads), query.positions, positions].forEach((size, axis) => {
      if (!bias.shape[axis].equals(1)) node.equalSizes(bias.shape[axis], size, `axis ${axis} of the bias of scores`);
    });
  }
  return {
    mask(code: NodeCode, place: readonly [Value, Value, Value, Value], score: Value): Value {
      const [b, , i, j] = place;
      const position = code.iadd(i, before(code, b));
      const causal = code.ile(j, position);
      const near = window < 0 ? causal : code.and(causal, code.ilt(code.isub(position, code.constantInt(window)), j));
      return masked(code, near, bias === undefined ? score : biased(code, broadcastAt(code, bias, place), score));
    },
  };
}
