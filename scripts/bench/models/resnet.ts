/** ResNet-50 (He et al. 2015) at 224², stride in the 3×3 convolutions as torchvision has it, batch normalisation folded. */
import { DType } from "../../../packages/vm/src/index.ts";
import type { ModelWriter } from "./writer.ts";

/** Inner channels, blocks and first stride of each stage; a block widens four-fold. */
const STAGES = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
] as const;
const WIDENING = 4;
const CLASSES = 1000;

export function writeResNet(model: ModelWriter): void {
  const convolution = (x: string, from: number, to: number, kernel: number, stride: number, gain = 2): string => {
    const weight = model.weight([to, from, kernel, kernel], Math.sqrt(gain / (from * kernel * kernel)));
    const pad = (kernel - 1) / 2;
    return model.add("Conv", [x, weight, model.weight([to], 0.05)], {
      dilations: [1, 1],
      group: 1,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  };
  const relu = (x: string): string => model.add("Relu", [x]);

  let x = model.input("image", DType.FLOAT32, [1, 3, 224, 224]);
  x = relu(convolution(x, 3, 64, 7, 2));
  x = model.add("MaxPool", [x], { ceil_mode: 0, kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] });
  let from = 64;
  for (const [inner, blocks, firstStride] of STAGES) {
    const to = inner * WIDENING;
    for (let i = 0; i < blocks; i++) {
      const stride = i === 0 ? firstStride : 1;
      let y = relu(convolution(x, from, inner, 1, 1));
      y = relu(convolution(y, inner, inner, 3, stride));
      // The branch is kept small beside the shortcut, so that sixteen additions do not grow.
      y = convolution(y, inner, to, 1, 1, 0.2);
      const shortcut = i === 0 ? convolution(x, from, to, 1, stride, 1) : x;
      x = relu(model.add("Add", [y, shortcut]));
      from = to;
    }
  }
  x = model.add("GlobalAveragePool", [x]);
  x = model.add("Flatten", [x], { axis: 1 });
  const weight = model.weight([CLASSES, from], Math.sqrt(1 / from));
  model.add("Gemm", [x, weight, model.weight([CLASSES], 0.01)], { transB: 1 }, "logits");
  model.output("logits", DType.FLOAT32, [1, CLASSES]);
}
