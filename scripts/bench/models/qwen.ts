/**
 * Qwen2.5-0.5B (494 M parameters: 24 layers, 896 wide, 14 heads of which seven share a key and a value, a vocabulary of 151,936
 * whose embedding is the output layer too), as onnxruntime's model builder exports it for processors: weights of 4 bits in
 * blocks of 32; attention, rotation and normalisation are onnxruntime's own operators.
 *
 * Two graphs, a prompt of 128 tokens and the decoding step behind it, with keys and values as gpt2.ts has them.
 */
import { DType, tensorOfWords } from "../../../packages/vm/src/index.ts";
import { floats, longs } from "../../../packages/graph/src/testing/onnxBuilder.ts";
import { MICROSOFT, type ModelWriter } from "./writer.ts";

export const QWEN = { layers: 24, vocabulary: 151_936, keyHeads: 2, headWidth: 64 } as const;
const WIDTH = 896;
const HEADS = 14;
const INNER = 4864;
const BLOCK = 32;
/** Positions of the tables of rotations; the real ones have 32,768. */
const POSITIONS = 4096;
const ROTATION_BASE = 1e6;

/** Shape of the stacked keys and values of `positions`. */
export const qwenCacheShape = (positions: number): number[] => {
  return [QWEN.layers, 2, 1, QWEN.keyHeads, positions, QWEN.headWidth];
};

/** @param past Positions whose keys and values are given; 0 for a prompt. */
export function writeQwen(model: ModelWriter, { tokens, past }: { tokens: number; past: number }): void {
  const { layers, vocabulary, keyHeads, headWidth } = QWEN;
  const list = (...values: number[]): string => model.constant(longs([values.length], values));
  const scalar = (value: number): string => model.constant(longs([], [value]));
  const int = (shape: readonly number[], value: number): string =>
    model.constant(tensorOfWords(DType.INT32, shape, [value]));
  const ids = model.input("input_ids", DType.INT64, [1, tokens]);
  const cache = past > 0 ? model.input("past", DType.FLOAT32, qwenCacheShape(past)) : "";

  // Of the integers' 16 values the mean is near the zero point, 8, and the deviation 4.6 scales.
  const scales = (count: number, from: number): string =>
    model.weight([count], 0.02 / Math.sqrt(from), 0.2 / Math.sqrt(from));
  const linear = (x: string, from: number, to: number): string => {
    const weights = [model.bits(DType.UINT8, [to, from / BLOCK, BLOCK / 2]), scales((to * from) / BLOCK, from)];
    return model.addMicrosoft("MatMulNBits", [x, ...weights], { K: from, N: to, bits: 4, block_size: BLOCK });
  };
  const biased = (x: string, to: number): string => model.add("Add", [linear(x, WIDTH, to), model.weight([to], 0.02)]);
  const epsilon = { epsilon: { float: 1e-6 } };
  const angles = (of: (angle: number) => number): string => {
    const half = headWidth / 2;
    const values = Array.from({ length: POSITIONS * half }, (_, i) =>
      of(Math.floor(i / half) * ROTATION_BASE ** (-(i % half) / half)),
    );
    return model.constant(floats([POSITIONS, half], values));
  };
  const rotations = [angles(Math.cos), angles(Math.sin)];
  const lengths = [int([1, 1], past + tokens - 1), int([], past + tokens)];

  const table = [model.bits(DType.UINT4, [vocabulary, WIDTH]), model.weight([vocabulary, WIDTH / BLOCK], 0.001, 0.005)];
  let x = model.addMicrosoft("GatherBlockQuantized", [table[0], ids, table[1]], {
    ...{ gather_axis: 0, quantize_axis: 1, block_size: BLOCK },
  });
  const first = { axis: -1, ...epsilon, stash_type: 1 };
  let normal = model.add("SimplifiedLayerNormalization", [x, model.weight([WIDTH], 0.05, 1)], first);
  /** The sum of the residual stream and what a block adds, and its normalised form. */
  const added = (more: string): void => {
    const [y, sum] = [model.fresh("normal"), model.fresh("sum")];
    const inputs = [x, more, model.weight([WIDTH], 0.05, 1)];
    model.addMany("SkipSimplifiedLayerNormalization", inputs, [y, "", "", sum], epsilon, MICROSOFT);
    [normal, x] = [y, sum];
  };
  const made: string[] = [];
  const shape = list(1, 1, keyHeads, tokens, headWidth);
  for (let layer = 0; layer < layers; layer++) {
    const parts = [biased(normal, WIDTH), ...[0, 1].map(() => biased(normal, keyHeads * headWidth))];
    const held = [0, 1].map((which) => {
      if (past === 0) return "";
      return model.add("Gather", [model.add("Gather", [cache, scalar(layer)], { axis: 0 }), scalar(which)], {
        axis: 0,
      });
    });
    const outputs = ["context", "key", "value"].map((name) => model.fresh(name));
    const attributes = { num_heads: HEADS, kv_num_heads: keyHeads, do_rotary: 1 };
    const inputs = [...parts, ...held, ...lengths, ...rotations];
    model.addMany("GroupQueryAttention", inputs, outputs, attributes, MICROSOFT);
    for (const all of outputs.slice(1)) {
      const own = model.add("Slice", [all, list(-tokens), list(2 ** 31 - 1), list(2)]);
      made.push(model.add("Reshape", [own, shape]));
    }
    added(linear(outputs[0], WIDTH, WIDTH));
    const gate = linear(normal, WIDTH, INNER);
    const opened = model.add("Mul", [gate, model.add("Sigmoid", [gate])]);
    added(linear(model.add("Mul", [opened, linear(normal, WIDTH, INNER)]), INNER, WIDTH));
  }
  const last = model.add("Gather", [normal, list(-1)], { axis: 1 });
  const logits = linear(last, WIDTH, vocabulary);
  model.add("Reshape", [logits, list(1, vocabulary)], {}, "logits");
  model.output("logits", DType.FLOAT32, [1, vocabulary]);
  if (past === 0) return;
  model.add("Reshape", [model.add("Concat", made, { axis: 0 }), list(...qwenCacheShape(tokens))], {}, "present");
  model.output("present", DType.FLOAT32, qwenCacheShape(tokens));
}
