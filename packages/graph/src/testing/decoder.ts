/**
 * A small decoder with a key/value cache, as exporters write one: learned positions, grouped heads repeated by Expand over
 * shapes that are followed at run time, a causal mask from positions, attention by MatMul and Softmax.
 */
import { DType, type Tensor } from "@assay/vm";
import { buildModel, floats, longs, type NodeSpec, type ValueSpec } from "./onnxBuilder.ts";
import {
  declaredStates,
  joined,
  LAYOUTS,
  node,
  presentOf,
  type CacheLayout,
  type Join,
  type LayoutName,
} from "./decoderCaches.ts";
import { Random } from "./random.ts";

export const HEADS = 4;
export const GROUPS = 2;
export const SIZE = 4;
export const VOCABULARY = 11;
/** Positions that the model has. */
export const CONTEXT = 24;
const WIDTH = HEADS * SIZE;

export type FusedAttention = "Attention" | "GroupQueryAttention" | "MultiHeadAttention" | "com.microsoft.Attention";

export interface DecoderOptions {
  /** What becomes of a cache; joined with the past by Concat if absent. */
  readonly join?: Join;
  /** How the cache lies; keys and values apart if absent. */
  readonly cache?: LayoutName;
  /** Whether the model is one If on `use_cache_branch` between a branch with a past and one without, as Optimum merges them. */
  readonly merged?: boolean;
  /** The one operator that attention is; in parts if absent. */
  readonly fused?: FusedAttention;
  /** Whether all keys are scaled, not their products with the query. */
  readonly scaledKeys?: boolean;
  /** Type of the attention mask; int64 if absent. */
  readonly maskType?: DType;
  /** Inputs beside the tokens and the cache; all if absent. */
  readonly inputs?: readonly ("attention_mask" | "position_ids")[];
}

const CACHE = ["past_key_values.0.key", "past_key_values.0.value"];
const PRESENT = ["present.0.key", "present.0.value"];
const HEADS_OF_EACH = ["q.product", "k.product", "v.product"];

/** Operators that join the cache, repeat the grouped heads and mask by themselves, with what exporters put before them. */
const FUSED: Readonly<Record<FusedAttention, readonly NodeSpec[]>> = {
  Attention: [
    {
      operator: "Attention",
      inputs: [...HEADS_OF_EACH, "", ...CACHE],
      outputs: ["merged", ...PRESENT],
      attributes: { q_num_heads: HEADS, kv_num_heads: GROUPS, is_causal: 1 },
    },
  ],
  GroupQueryAttention: [
    node("ReduceSum", ["attention_mask", "one"], "lengths"),
    node("Sub", ["lengths", "one"], "last"),
    node("Cast", ["last"], "seqlens_k", { to: DType.INT32 }),
    node("Shape", ["attention_mask"], "mask.shape"),
    node("Gather", ["mask.shape", "step"], "mask.length"),
    node("Cast", ["mask.length"], "total_sequence_length", { to: DType.INT32 }),
    {
      operator: "GroupQueryAttention",
      domain: "com.microsoft",
      inputs: [...HEADS_OF_EACH, ...CACHE, "seqlens_k", "total_sequence_length", "cos", "sin"],
      outputs: ["merged", ...PRESENT],
      attributes: { num_heads: HEADS, kv_num_heads: GROUPS, do_rotary: 1 },
    },
  ],
  "com.microsoft.Attention": [
    node("Cast", ["attention_mask"], "mask", { to: DType.INT32 }),
    {
      operator: "Attention",
      domain: "com.microsoft",
      inputs: ["x", "qkv.weight", "qkv.bias", "mask", "past_0"],
      outputs: ["merged", "present_0"],
      attributes: { num_heads: HEADS, unidirectional: 1 },
    },
  ],
  MultiHeadAttention: [
    {
      operator: "MultiHeadAttention",
      domain: "com.microsoft",
      inputs: [...HEADS_OF_EACH, "", "", "", ...CACHE],
      outputs: ["merged", ...PRESENT],
      attributes: { num_heads: HEADS, unidirectional: 1 },
    },
  ],
};

/** The model's bytes: one layer, weights from a seed. */
export function buildDecoder(seed: number, options: DecoderOptions = {}): Uint8Array {
  const { inputs = ["attention_mask", "position_ids"], merged = false } = options;
  const layout: CacheLayout = LAYOUTS[options.cache ?? "keys and values apart"];
  // Some operators have a key and a value for every head.
  const everyHead = options.fused === "MultiHeadAttention" || options.fused === "com.microsoft.Attention";
  const groups = everyHead ? HEADS : GROUPS;
  const random = new Random(seed);
  const matrix = (...shape: number[]): Tensor =>
    floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
  const constants: Record<string, Tensor> = {
    embedding: matrix(VOCABULARY, WIDTH),
    places: matrix(CONTEXT, WIDTH),
    "q.weight": matrix(WIDTH, WIDTH),
    "k.weight": matrix(WIDTH, groups * SIZE),
    "v.weight": matrix(WIDTH, groups * SIZE),
    head: matrix(WIDTH, VOCABULARY),
    "q.shape": longs([4], [0, 0, HEADS, SIZE]),
    "kv.shape": longs([4], [0, 0, GROUPS, SIZE]),
    "joined.shape": longs([3], [0, 0, WIDTH]),
    one: longs([1], [1]),
    two: longs([1], [2]),
    minus: longs([1], [-1]),
    repeats: longs([1], [HEADS / GROUPS]),
    heads: longs([1], [HEADS]),
    groups: longs([1], [GROUPS]),
    size: longs([1], [SIZE]),
    first: longs([1], [0]),
    zero: longs([], [0]),
    step: longs([], [1]),
    third: longs([], [2]),
    scale: floats([], [0.5]),
    lowest: floats([], [-Infinity]),
    free: floats([], [0]),
    cos: matrix(CONTEXT, SIZE / 2),
    sin: matrix(CONTEXT, SIZE / 2),
    "qkv.weight": matrix(WIDTH, 3 * WIDTH),
    "qkv.bias": matrix(3 * WIDTH),
  };
  const positions = inputs.includes("position_ids");
  const own = positions ? "position_ids" : "own.row";
  /** Attention in parts. */
  const parts = (join: Join): NodeSpec[] => [
    ...["q", "k", "v"].flatMap((name) => [
      node("Reshape", [`${name}.product`, name === "q" ? "q.shape" : "kv.shape"], `${name}.cut`),
      node("Transpose", [`${name}.cut`], name, { perm: [0, 2, 1, 3] }),
    ]),
    ...join("past_key_values.0.key", "k", "present.0.key"),
    ...join("past_key_values.0.value", "v", "present.0.value"),
    node("Shape", ["present.0.key"], "cache.shape"),
    node("Gather", ["cache.shape", "third"], "total"),
    node("Unsqueeze", ["total", "first"], "total.list"),
    ...["key", "value"].flatMap((name) => [
      node("Unsqueeze", [`present.0.${name}`, "two"], `${name}.unsqueezed`),
      node("Concat", ["one", "groups", "repeats", "total.list", "size"], `${name}.wide`, { axis: 0 }),
      node("Expand", [`${name}.unsqueezed`, `${name}.wide`], `${name}.expanded`),
      node("Concat", ["one", "heads", "total.list", "size"], `${name}.flat`, { axis: 0 }),
      node("Reshape", [`${name}.expanded`, `${name}.flat`], `${name}.repeated`),
    ]),
    node("Transpose", ["key.repeated"], "keys", { perm: [0, 1, 3, 2] }),
    ...(options.scaledKeys
      ? [node("Mul", ["keys", "scale"], "keys.scaled"), node("MatMul", ["q", "keys.scaled"], "scores")]
      : [node("MatMul", ["q", "keys"], "products"), node("Mul", ["products", "scale"], "scores")]),
    node("Range", ["zero", "total", "step"], "key_places"),
    node("Unsqueeze", [own, "minus"], "query_places"),
    node("LessOrEqual", ["key_places", "query_places"], "seen"),
    ...(inputs.includes("attention_mask")
      ? [
          node("Cast", ["attention_mask"], "there", { to: DType.BOOL }),
          node("Unsqueeze", ["there", "one"], "there.rows"),
          node("And", ["seen", "there.rows"], "allowed"),
        ]
      : [node("Identity", ["seen"], "allowed")]),
    node("Where", ["allowed", "free", "lowest"], "mask"),
    node("Add", ["scores", "mask"], "masked"),
    node("Softmax", ["masked"], "attention", { axis: -1 }),
    node("MatMul", ["attention", "value.repeated"], "attended"),
    node("Transpose", ["attended"], "rows", { perm: [0, 2, 1, 3] }),
    node("Reshape", ["rows", "joined.shape"], "merged"),
  ];
  const step = (join: Join): NodeSpec[] => [
    node("Gather", ["embedding", "input_ids"], "embedded"),
    ...(positions
      ? []
      : [
          node("Shape", ["past_key_values.0.key"], "past.shape"),
          node("Gather", ["past.shape", "third"], "past.length"),
          node("Shape", ["input_ids"], "input.shape"),
          node("Gather", ["input.shape", "step"], "length"),
          node("Add", ["past.length", "length"], "end"),
          node("Range", ["past.length", "end", "step"], "own"),
          node("Unsqueeze", ["own", "first"], "own.row"),
        ]),
    node("Gather", ["places", own], "placed"),
    node("Add", ["embedded", "placed"], "x"),
    ...["q", "k", "v"].map((name) => node("MatMul", ["x", `${name}.weight`], `${name}.product`)),
    ...(options.fused ? FUSED[options.fused] : [...layout.before, ...parts(join), ...layout.after]),
    node("Add", ["x", "merged"], "sum"),
    node("MatMul", ["sum", "head"], "logits"),
  ];
  const declared: Record<string, ValueSpec> = {
    attention_mask: {
      name: "attention_mask",
      dtype: options.maskType ?? DType.INT64,
      shape: ["batch", "past + sequence"],
    },
    position_ids: { name: "position_ids", dtype: DType.INT64, shape: ["batch", "sequence"] },
  };
  const states = (length: string, nameOf: (past: string) => string) =>
    declaredStates(layout, { heads: groups, size: SIZE, length }, nameOf, DType.FLOAT32);
  const outputs: ValueSpec[] = [
    { name: "logits", dtype: DType.FLOAT32, shape: ["batch", "sequence", VOCABULARY] },
    ...states("total", presentOf),
  ];
  const join = options.join ?? layout.join ?? joined;
  return buildModel({
    ...(options.fused && { opset: 23 }),
    nodes: merged ? [branches(step(join), step(withoutPast), outputs)] : step(join),
    inputs: [
      { name: "input_ids", dtype: DType.INT64, shape: ["batch", "sequence"] },
      ...inputs.map((name) => declared[name]),
      ...states("past", (past) => past),
      ...(merged ? [{ name: "use_cache_branch", dtype: DType.BOOL, shape: [1] }] : []),
    ],
    outputs,
    constants,
  });
}

/** What a branch without a past makes of its rows. */
const withoutPast: Join = (_past, current, output) => [node("Identity", [current], output)];

/** One If on `use_cache_branch`, as Optimum merges two exports. */
export function branches(
  withPast: readonly NodeSpec[],
  without: readonly NodeSpec[],
  outputs: readonly ValueSpec[],
): NodeSpec {
  const graph = (nodes: readonly NodeSpec[]) => ({ graph: { nodes, inputs: [], outputs } });
  return {
    operator: "If",
    inputs: ["use_cache_branch"],
    outputs: outputs.map(({ name }) => name),
    attributes: { then_branch: graph(withPast), else_branch: graph(without) },
  };
}
