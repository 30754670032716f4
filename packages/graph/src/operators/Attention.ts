/**
 * Scaled dot-product attention over heads, with masks, soft capping, and keys and values of earlier calls. Scores are
 * capped before they are masked, and query heads share key heads in equal runs, as ONNX corrected both after the operator's
 * first release.
 */
import { DType, float32, nameOf, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { attention, biased, broadcastAt, masked, type Attention as Lowered } from "../lowering/attention.ts";
import { appended, byHead, byPosition, type Heads } from "../lowering/heads.ts";
import { FLOATS } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import { constantSize, type NodeContext, type Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const Attention: Operator = {
  name: "Attention",
  inputs: [3, 7],
  outputs: 4,
  lower(node) {
    const { attributes, graph } = node;
    const [q, k, v] = [0, 1, 2].map((index) => node.input(index, ...FLOATS));
    const headsFirst = q.shape.length === 4;
    const heads = attributes.int("q_num_heads", undefined);
    const keyHeads = attributes.int("kv_num_heads", undefined);
    check(
      headsFirst || (heads !== undefined && keyHeads !== undefined),
      "BAD_ATTRIBUTE",
      "numbers of heads are missing",
    );
    const view = (tensor: TensorValue, count: number | undefined, what: string): Heads =>
      headsFirst ? byHead(node, tensor, what) : byPosition(node, tensor, count!, what);
    const query = view(q, heads, "Q");
    const [pastKey, pastValue] = [node.optional(4, k.dtype), node.optional(5, v.dtype)];
    check((pastKey === undefined) === (pastValue === undefined), "BAD_ARITY", "past keys and values go together");
    const past = pastKey?.shape[2] ?? Dimension.constant(0);
    const [key, presentKey] = appended(node, view(k, keyHeads, "K"), pastKey, (node.outputs[1] ?? "") !== "");
    const [value, presentValue] = appended(node, view(v, keyHeads, "V"), pastValue, (node.outputs[2] ?? "") !== "");

    const lengths = node.optional(6, DType.INT64);
    check(lengths === undefined || pastKey === undefined, "BAD_ARITY", "nonpad_kv_seqlen together with past keys");
    const precision = attributes.int("softmax_precision", DType.FLOAT32);
    const known = FLOATS.some((dtype) => dtype === precision);
    check(known, "UNSUPPORTED", `softmax precision ${nameOf(precision)}: softmax is computed in float32`);
    const cap = attributes.float("softcap", 0);
    check(cap >= 0, "BAD_ATTRIBUTE", `softcap is ${cap}`);
    const { output, products, capped, scores, probabilities } = attention(graph, {
      dtype: q.dtype,
      query,
      key,
      value,
      scale: { each: eachScale(node, query, q.dtype) },
      cap,
      ...readMask(node, query, key, lengths, past),
      headsFirst,
    });

    const mode = attributes.int("qk_matmul_output_mode", 0);
    const shown = [products, capped, scores, probabilities].at(mode);
    check(mode >= 0 && shown !== undefined, "BAD_ATTRIBUTE", `qk_matmul_output_mode is ${mode}`);
    const needed = (node.outputs[3] ?? "") !== "";
    const scoresOut = needed && shown.dtype !== q.dtype ? graph.elementwise(q.dtype, [shown], (_code, x) => x) : shown;
    return [output, presentKey, presentValue, needed ? scoresOut : undefined];
  },
};

/** √scale in the type of the inputs: what ONNX multiplies queries and keys by. */
function eachScale(node: NodeContext, query: Heads, dtype: DType): number {
  const size = constantSize(query.size, "the size of a head");
  const given = node.attributes.float("scale", undefined);
  const scale = given ?? Math.fround(1 / Math.fround(Math.sqrt(size)));
  check(scale >= 0 && Number.isFinite(scale), "BAD_ATTRIBUTE", `scale is ${scale}`);
  return roundedTo(dtype, Math.fround(Math.sqrt(scale)));
}

function roundedTo(dtype: DType, x: number): number {
  const bits = float32.fromNumber(x);
  if (dtype === DType.FLOAT16) return float32.toNumber(float32.fromHalf(float32.toHalf(bits)));
  if (dtype === DType.BFLOAT16) return float32.toNumber(float32.fromBfloat16(float32.toBfloat16(bits)));
  return x;
}

/** The mask that the node's inputs and attributes describe; none where every position is seen. */
function readMask(
  node: NodeContext,
  query: Heads,
  key: Heads,
  lengths: TensorValue | undefined,
  past: Dimension,
): Pick<Lowered, "mask"> {
  const { attributes } = node;
  const mask = node.optional(3, ...FLOATS, DType.BOOL);
  const causal = attributes.flag("is_causal", false);
  const windows = node.opset >= 25 ? (["left_window_size", "right_window_size"] as const) : [];
  const [left, right] = windows.map((name) => {
    const size = attributes.int(name, -1);
    check(size >= -1, "BAD_ATTRIBUTE", `${name} is ${size}`);
    return size < 0 ? undefined : size;
  });
  const total = key.positions;
  if (mask !== undefined) {
    check(mask.shape.length >= 1 && mask.shape.length <= 4, "SHAPE_MISMATCH", `a mask of rank ${mask.shape.length}`);
    const full = [query.batch, Dimension.constant(query.heads), query.positions];
    mask.shape.slice(0, -1).forEach((size, axis) => {
      const wanted = full[3 - mask.shape.length + 1 + axis];
      if (!size.equals(1)) node.equalSizes(size, wanted, `axis ${axis} of the mask`);
    });
  }
  if (lengths !== undefined) {
    node.rank(lengths, 1, "nonpad_kv_seqlen");
    node.equalSizes(lengths.shape[0], query.batch, "nonpad_kv_seqlen");
  }
  if (mask === undefined && lengths === undefined && !causal && left === undefined && right === undefined) return {};
  const length = (code: NodeCode, batch: Value) => code.read(lengths!, batch);
  return {
    mask(code, [b, h, i, j], score) {
      let result = score;
      let seen: Value | undefined;
      const require = (condition: Value) => (seen = seen === undefined ? condition : code.and(seen, condition));
      if (mask !== undefined) {
        const width = mask.shape.at(-1)!;
        const at = (code: NodeCode) => broadcastAt(code, mask, [b, h, i, j]);
        const { constant } = total.sub(width);
        const whole = width.equals(total);
        // A shorter mask hides the positions beyond it; of one column, it is broadcast.
        if (!whole && !width.equals(1)) {
          check(constant === undefined || constant > 0, "SHAPE_MISMATCH", `a mask of ${width} positions, not ${total}`);
          require(code.within(j, width));
        }
        if (mask.dtype === DType.BOOL) require(at(code));
        else result = biased(code, at(code), score);
      }
      if (lengths !== undefined) require(code.ilt(j, length(code, b)));
      if (causal || left !== undefined || right !== undefined) {
        const offset = lengths === undefined ? code.size(past) : code.isub(length(code, b), code.size(query.positions));
        const position = code.iadd(i, offset);
        if (causal) require(code.ile(j, position));
        if (left !== undefined) require(code.ile(code.isub(position, code.constantInt(left)), j));
        if (right !== undefined) require(code.ile(j, code.iadd(position, code.constantInt(right))));
      }
      return seen === undefined ? result : masked(code, seen, result);
    },
  };
}
