/** Two layers of LSTM, 256 wide, over 64 steps of 8 sequences, with a last layer on each step, as PyTorch exports a tagger. */
import { DType } from "../../../packages/vm/src/index.ts";
import { longs } from "../../../packages/graph/src/testing/onnxBuilder.ts";
import type { ModelWriter } from "./writer.ts";

export const LSTM_INPUT = [64, 8, 256] as const;
const [STEPS, BATCH, WIDTH] = LSTM_INPUT;
const LAYERS = 2;
const TAGS = 17;

export function writeLstm(model: ModelWriter): void {
  const deviation = 1 / Math.sqrt(3 * WIDTH);
  const axis = model.constant(longs([1], [1]));
  let x = model.input("x", DType.FLOAT32, LSTM_INPUT);
  for (let layer = 0; layer < LAYERS; layer++) {
    const weights = Array.from({ length: 2 }, () => model.weight([1, 4 * WIDTH, WIDTH], deviation));
    const bias = model.weight([1, 8 * WIDTH], deviation);
    const y = model.add("LSTM", [x, ...weights, bias], { hidden_size: WIDTH });
    x = model.add("Squeeze", [y, axis]);
  }
  const sums = model.add("MatMul", [x, model.weight([WIDTH, TAGS], deviation)]);
  model.add("Add", [sums, model.weight([TAGS], deviation)], {}, "tags");
  model.output("tags", DType.FLOAT32, [STEPS, BATCH, TAGS]);
}
