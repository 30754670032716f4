/**
 * A small decoder with attention to an encoder's output, merged as Optimum merges those of T5, BART or Whisper: one branch
 * computes keys and values of the encoder, the other finds them in its past and hands back empty ones.
 */
import { DType, type Tensor } from "@assay/vm";
import { node } from "./decoderCaches.ts";
import { branches } from "./decoder.ts";
import { buildModel, floats, longs, type NodeSpec, type ValueSpec } from "./onnxBuilder.ts";
import { Random } from "./random.ts";

export const CROSS = { width: 6, vocabulary: 9 };
const STATES = ["decoder.key", "decoder.value", "encoder.key", "encoder.value"];
const pastOf = (state: string) => `past_key_values.0.${state}`;
const presentOf = (state: string) => `present.0.${state}`;

/** Attention of one head: rows · keysᵀ, over the positions that `mask` leaves. */
function attention(name: string, rows: string, keys: string, values: string, mask?: string): NodeSpec[] {
  return [
    node("Transpose", [keys], `${name}.turned`, { perm: [0, 1, 3, 2] }),
    node("MatMul", [rows, `${name}.turned`], `${name}.scores`),
    mask ? node("Add", [`${name}.scores`, mask], `${name}.seen`) : node("Identity", [`${name}.scores`], `${name}.seen`),
    node("Softmax", [`${name}.seen`], `${name}.shares`, { axis: -1 }),
    node("MatMul", [`${name}.shares`, values], name),
  ];
}

/** The model's bytes, weights from a seed. */
export function buildCrossDecoder(seed: number): Uint8Array {
  const { width, vocabulary } = CROSS;
  const random = new Random(seed);
  const matrix = (...shape: number[]): Tensor =>
    floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
  const projected = (from: string, weight: string, to: string) => [
    node("MatMul", [from, weight], `${to}.flat`),
    node("Unsqueeze", [`${to}.flat`, "one"], to),
  ];
  const step = (withPast: boolean): NodeSpec[] => [
    node("Gather", ["embedding", "input_ids"], "x"),
    ...["query", "key", "value"].flatMap((name) => projected("x", `${name}.weight`, name)),
    ...["key", "value"].flatMap((name) => {
      const [own, crossed] = [presentOf(`decoder.${name}`), presentOf(`encoder.${name}`)];
      if (!withPast) {
        return [node("Identity", [name], own), ...projected("encoder_hidden_states", `${name}.crossed`, crossed)];
      }
      return [
        node("Concat", [pastOf(`decoder.${name}`), name], own, { axis: 2 }),
        node("ConstantOfShape", ["nothing"], crossed),
      ];
    }),
    node("Shape", [presentOf("decoder.key")], "shape"),
    node("Gather", ["shape", "two"], "total"),
    node("Shape", ["input_ids"], "input.shape"),
    node("Gather", ["input.shape", "second"], "length"),
    node("Sub", ["total", "length"], "before"),
    node("Range", ["zero", "total", "second"], "places"),
    node("Range", ["before", "total", "second"], "own.places"),
    node("Unsqueeze", ["own.places", "one"], "own.rows"),
    node("LessOrEqual", ["places", "own.rows"], "allowed"),
    node("Where", ["allowed", "free", "lowest"], "mask"),
    ...attention("attended", "query", presentOf("decoder.key"), presentOf("decoder.value"), "mask"),
    ...attention(
      "crossing",
      "attended",
      withPast ? pastOf("encoder.key") : presentOf("encoder.key"),
      withPast ? pastOf("encoder.value") : presentOf("encoder.value"),
    ),
    node("Squeeze", ["crossing", "one"], "merged"),
    node("Add", ["x", "merged"], "sum"),
    node("MatMul", ["sum", "head"], "logits"),
  ];
  const float = (name: string, ...shape: (number | string)[]): ValueSpec => ({ name, dtype: DType.FLOAT32, shape });
  const outputs = [
    float("logits", "batch", "sequence", vocabulary),
    ...STATES.map((state) => float(presentOf(state), "batch", 1, `${state}.total`, width)),
  ];
  return buildModel({
    nodes: [branches(step(true), step(false), outputs)],
    inputs: [
      { name: "input_ids", dtype: DType.INT64, shape: ["batch", "sequence"] },
      float("encoder_hidden_states", "batch", "encoded", width),
      ...STATES.map((state) =>
        float(pastOf(state), "batch", 1, state.startsWith("encoder") ? "encoded.out" : "past", width),
      ),
      { name: "use_cache_branch", dtype: DType.BOOL, shape: [1] },
    ],
    outputs,
    constants: {
      embedding: matrix(vocabulary, width),
      head: matrix(width, vocabulary),
      ...Object.fromEntries(
        ["query.weight", "key.weight", "value.weight", "key.crossed", "value.crossed"].map((name) => [
          name,
          matrix(width, width),
        ]),
      ),
      one: longs([1], [1]),
      zero: longs([], [0]),
      second: longs([], [1]),
      two: longs([], [2]),
      nothing: longs([4], [0, 1, 1, width]),
      free: floats([], [0]),
      lowest: floats([], [-Infinity]),
    },
  });
}
