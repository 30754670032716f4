/**
 * A sentence encoder of six layers, 384 wide (MiniLM-L6: 12 heads, 1536 inside), as PyTorch exports BERT at operator set
 * 17: Gelu by Erf, LayerNormalization, the attention mask turned into 0 and the least float and added to the scores.
 *
 * The quantised one is what onnxruntime's `quantize_dynamic` makes of it: each product with a weight becomes
 * DynamicQuantizeLinear, MatMulInteger, Cast and Mul; the word embedding is stored in 8 bits.
 */
import { DType, makeTensor } from "../../../packages/vm/src/index.ts";
import { floats, longs } from "../../../packages/graph/src/testing/onnxBuilder.ts";
import type { ModelWriter } from "./writer.ts";

export const TOKENS = 128;
export const VOCABULARY = 30_522;
const WIDTH = 384;
const HEADS = 12;
const INNER = 1536;
const LAYERS = 6;
const HEAD_WIDTH = WIDTH / HEADS;
const LEAST_FLOAT = -3.4028234663852886e38;

export function writeEncoder(model: ModelWriter, { quantised }: { readonly quantised: boolean }): void {
  const scalar = (value: number): string => model.constant(floats([], [value]));
  const ids = model.input("input_ids", DType.INT64, [1, TOKENS]);
  const mask = model.input("attention_mask", DType.INT64, [1, TOKENS]);
  const types = model.input("token_type_ids", DType.INT64, [1, TOKENS]);
  const quantisedInputs = new Map<string, readonly string[]>();

  /** x · weight in the form that the model has. */
  const product = (x: string, from: number, to: number): string => {
    const deviation = Math.sqrt(1 / from);
    if (!quantised) return model.add("MatMul", [x, model.weight([from, to], deviation)]);
    let parts = quantisedInputs.get(x);
    if (parts === undefined) {
      const names = ["quantized", "scale", "zero_point"].map((part) => model.fresh(`${x}_${part}`));
      parts = model.addMany("DynamicQuantizeLinear", [x], names);
      quantisedInputs.set(x, parts);
    }
    const [value, scale, zero] = parts;
    const weight = model.bytes(DType.INT8, [from, to], -127, 127);
    // Uniform from -127 to 127: the standard deviation is 127 / √3.
    const weightScale = scalar((deviation * Math.sqrt(3)) / 127);
    const weightZero = model.constant(makeTensor(DType.INT8, []));
    const sum = model.add("MatMulInteger", [value, weight, zero, weightZero]);
    const scales = model.add("Mul", [scale, weightScale]);
    return model.add("Mul", [model.add("Cast", [sum], { to: DType.FLOAT32 }), scales]);
  };
  const linear = (x: string, from: number, to: number): string =>
    model.add("Add", [model.weight([to], 0.02), product(x, from, to)]);
  const normalise = (x: string, name = ""): string => {
    const [scale, bias] = [model.weight([WIDTH], 0.05, 1), model.weight([WIDTH], 0.05)];
    return model.add("LayerNormalization", [x, scale, bias], { axis: -1, epsilon: { float: 1e-12 } }, name);
  };
  const wordEmbedding = (): string => {
    if (!quantised) return model.add("Gather", [model.weight([VOCABULARY, WIDTH], 0.5), ids], { axis: 0 });
    const table = model.bytes(DType.UINT8, [VOCABULARY, WIDTH], 0, 255);
    const zero = model.constant(makeTensor(DType.UINT8, [], Uint8Array.of(127)));
    const rows = model.add("Gather", [table, ids], { axis: 0 });
    return model.add("DequantizeLinear", [rows, scalar(0.5 / 73.6), zero]);
  };

  const words = wordEmbedding();
  const segments = model.add("Gather", [model.weight([2, WIDTH], 0.5), types], { axis: 0 });
  let x = model.add("Add", [words, segments]);
  x = normalise(model.add("Add", [x, model.weight([1, TOKENS, WIDTH], 0.5)]));

  const axes = model.constant(longs([2], [1, 2]));
  const wide = model.add("Cast", [model.add("Unsqueeze", [mask, axes])], { to: DType.FLOAT32 });
  const bias = model.add("Mul", [model.add("Sub", [scalar(1), wide]), scalar(LEAST_FLOAT)]);

  const split = model.constant(longs([4], [0, 0, HEADS, HEAD_WIDTH]));
  const merged = model.constant(longs([3], [0, 0, WIDTH]));
  const heads = (y: string, perm: readonly number[]): string =>
    model.add("Transpose", [model.add("Reshape", [y, split])], { perm });
  for (let layer = 0; layer < LAYERS; layer++) {
    const query = heads(linear(x, WIDTH, WIDTH), [0, 2, 1, 3]);
    const key = heads(linear(x, WIDTH, WIDTH), [0, 2, 3, 1]);
    const value = heads(linear(x, WIDTH, WIDTH), [0, 2, 1, 3]);
    const scores = model.add("Div", [model.add("MatMul", [query, key]), scalar(Math.sqrt(HEAD_WIDTH))]);
    const shares = model.add("Softmax", [model.add("Add", [scores, bias])], { axis: -1 });
    const context = model.add("Transpose", [model.add("MatMul", [shares, value])], { perm: [0, 2, 1, 3] });
    const attended = linear(model.add("Reshape", [context, merged]), WIDTH, WIDTH);
    x = normalise(model.add("Add", [attended, x]));

    const inner = linear(x, WIDTH, INNER);
    const erf = model.add("Erf", [model.add("Div", [inner, scalar(Math.SQRT2)])]);
    const product1 = model.add("Mul", [inner, model.add("Add", [erf, scalar(1)])]);
    const gelu = model.add("Mul", [product1, scalar(0.5)]);
    const last = layer + 1 === LAYERS;
    x = normalise(model.add("Add", [linear(gelu, INNER, WIDTH), x]), last ? "last_hidden_state" : "");
  }
  model.output("last_hidden_state", DType.FLOAT32, [1, TOKENS, WIDTH]);
}
