/** A perceptron of three layers, 784-512-512-10 with Relu between, as PyTorch exports it: Gemm with the weights transposed. */
import { DType } from "../../../packages/vm/src/index.ts";
import type { ModelWriter } from "./writer.ts";

const SIZES = [784, 512, 512, 10];

export function writeMlp(model: ModelWriter, batch: number): void {
  let x = model.input("image", DType.FLOAT32, [batch, SIZES[0]]);
  for (let layer = 0; layer + 1 < SIZES.length; layer++) {
    const [from, to] = [SIZES[layer], SIZES[layer + 1]];
    const last = layer + 2 === SIZES.length;
    const weight = model.weight([to, from], Math.sqrt(2 / from));
    const bias = model.weight([to], 0.01);
    x = model.add("Gemm", [x, weight, bias], { transB: 1 }, last ? "logits" : "");
    if (!last) x = model.add("Relu", [x]);
  }
  model.output("logits", DType.FLOAT32, [batch, SIZES[SIZES.length - 1]]);
}
