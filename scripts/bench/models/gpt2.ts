/**
 * GPT-2 small (124 M parameters: 12 layers, 768 wide, 12 heads, 1024 positions, a vocabulary of 50257 whose embedding is
 * the output layer too), as PyTorch exports it: projections as Gemm on two dimensions, Gelu by Tanh.
 *
 * Two graphs: a prompt of 128 tokens, and the decoding step that follows it, whose inputs are one token and the keys and
 * values of 128 positions. A program has at most eight outputs, so these come and go stacked as one tensor
 * [layer, key or value, 1, head, position, channel], and the step gives back its own position's in the same order. Logits
 * are those of the last position, which is all that a next token needs.
 */
import { DType } from "../../../packages/vm/src/index.ts";
import { floats, longs } from "../../../packages/graph/src/testing/onnxBuilder.ts";
import type { ModelWriter } from "./writer.ts";

export const PROMPT = 128;
export const VOCABULARY = 50_257;
const WIDTH = 768;
const HEADS = 12;
const HEAD_WIDTH = WIDTH / HEADS;
const POSITIONS = 1024;

export interface Gpt2Shape {
  /** New tokens of one call. */
  readonly tokens: number;
  /** Positions whose keys and values are given; 0 for a prompt. */
  readonly past: number;
  /** Layers; 12 in the real one. */
  readonly layers: number;
}

/** Shape of the stacked keys and values of `positions`. */
export function cacheShape(layers: number, positions: number): number[] {
  return [layers, 2, 1, HEADS, positions, HEAD_WIDTH];
}

export function writeGpt2(model: ModelWriter, { tokens, past, layers }: Gpt2Shape): void {
  const scalar = (value: number): string => model.constant(floats([], [value]));
  const list = (...values: number[]): string => model.constant(longs([values.length], values));
  const ids = model.input("input_ids", DType.INT64, [1, tokens]);
  const cache = past > 0 ? model.input("past", DType.FLOAT32, cacheShape(layers, past)) : "";

  const normalise = (x: string): string => {
    const [scale, bias] = [model.weight([WIDTH], 0.05, 1), model.weight([WIDTH], 0.05)];
    return model.add("LayerNormalization", [x, scale, bias], { axis: -1, epsilon: { float: 1e-5 } });
  };
  /** GPT-2's Conv1D: [from, to] weights, applied to rows. */
  const linear = (x: string, from: number, to: number, gain = 1): string => {
    const rows = model.add("Reshape", [x, list(-1, from)]);
    const weight = model.weight([from, to], Math.sqrt(gain / from));
    const y = model.add("Gemm", [rows, weight, model.weight([to], 0.02)]);
    return model.add("Reshape", [y, list(1, tokens, to)]);
  };
  const heads = (x: string, perm: readonly number[]): string =>
    model.add("Transpose", [model.add("Reshape", [x, list(1, tokens, HEADS, HEAD_WIDTH)])], { perm });

  const table = model.weight([VOCABULARY, WIDTH], 0.14);
  const places = model.weight([POSITIONS, WIDTH], 0.1);
  const positions = model.constant(
    longs(
      [1, tokens],
      Array.from({ length: tokens }, (_, i) => past + i),
    ),
  );
  let x = model.add("Add", [
    model.add("Gather", [table, ids], { axis: 0 }),
    model.add("Gather", [places, positions], { axis: 0 }),
  ]);
  // A new token sees all positions before it and itself; one token needs no mask.
  const visible = Array.from({ length: tokens * tokens }, (_, i) => (i % tokens <= Math.floor(i / tokens) ? 1 : 0));
  const causal =
    tokens > 1
      ? model.add("Cast", [model.constant(floats([1, 1, tokens, tokens], visible))], { to: DType.BOOL })
      : undefined;
  const made: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const attention = linear(normalise(x), WIDTH, 3 * WIDTH);
    const parts = ["query", "key", "value"].map((part) => model.fresh(part));
    const [query, key, value] = model.addMany("Split", [attention, list(WIDTH, WIDTH, WIDTH)], parts, { axis: 2 });
    const q = heads(query, [0, 2, 1, 3]);
    let k = heads(key, [0, 2, 1, 3]);
    let v = heads(value, [0, 2, 1, 3]);
    if (past > 0) {
      made.push(k, v);
      const held = (which: number): string => {
        const ofLayer = model.add("Gather", [cache, model.constant(longs([], [layer]))], { axis: 0 });
        return model.add("Gather", [ofLayer, model.constant(longs([], [which]))], { axis: 0 });
      };
      k = model.add("Concat", [held(0), k], { axis: -2 });
      v = model.add("Concat", [held(1), v], { axis: -2 });
    }
    const transposed = model.add("Transpose", [k], { perm: [0, 1, 3, 2] });
    let scores = model.add("Div", [model.add("MatMul", [q, transposed]), scalar(Math.sqrt(HEAD_WIDTH))]);
    if (causal !== undefined) scores = model.add("Where", [causal, scores, scalar(-3.4028234663852886e38)]);
    const shares = model.add("Softmax", [scores], { axis: -1 });
    const context = model.add("Transpose", [model.add("MatMul", [shares, v])], { perm: [0, 2, 1, 3] });
    const attended = linear(model.add("Reshape", [context, list(1, tokens, WIDTH)]), WIDTH, WIDTH, 0.2);
    x = model.add("Add", [attended, x]);

    const inner = linear(normalise(x), WIDTH, 4 * WIDTH);
    x = model.add("Add", [x, linear(gelu(model, inner, scalar), 4 * WIDTH, WIDTH, 0.2)]);
  }
  const last = model.add("Gather", [normalise(x), model.constant(longs([], [-1]))], { axis: 1 });
  model.add("Gemm", [last, table], { transB: 1 }, "logits");
  model.output("logits", DType.FLOAT32, [1, VOCABULARY]);
  if (past > 0) {
    const stacked = model.add("Concat", made, { axis: 0 });
    model.add("Reshape", [stacked, list(...cacheShape(layers, tokens))], {}, "present");
    model.output("present", DType.FLOAT32, cacheShape(layers, tokens));
  }
}

/** 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))), node for node as exported. */
function gelu(model: ModelWriter, x: string, scalar: (value: number) => string): string {
  const cube = model.add("Mul", [scalar(0.044715), model.add("Pow", [x, scalar(3)])]);
  const inside = model.add("Mul", [scalar(Math.sqrt(2 / Math.PI)), model.add("Add", [x, cube])]);
  const factor = model.add("Add", [scalar(1), model.add("Tanh", [inside])]);
  return model.add("Mul", [model.add("Mul", [scalar(0.5), x]), factor]);
}
