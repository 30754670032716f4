/**
 * MobileNetV2 (Sandler et al. 2018) at 224² with a width of 1, as exported for inference: batch normalisation folded into
 * the convolutions, Relu6 as Clip from 0 to 6.
 */
import { DType } from "../../../packages/vm/src/index.ts";
import { floats } from "../../../packages/graph/src/testing/onnxBuilder.ts";
import type { ModelWriter } from "./writer.ts";

/** The paper's table 2: expansion, channels, repetitions, first stride. */
const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const CLASSES = 1000;

export function writeMobileNet(model: ModelWriter): void {
  const zero = model.constant(floats([], [0]));
  const six = model.constant(floats([], [6]));
  /** A convolution with its bias; `activate` says whether Relu6 follows. */
  const convolution = (
    x: string,
    shape: { from: number; to: number; kernel: number; stride: number; groups: number; activate: boolean },
  ): string => {
    const { from, to, kernel, stride, groups, activate } = shape;
    const inputs = (from / groups) * kernel * kernel;
    const weight = model.weight([to, from / groups, kernel, kernel], Math.sqrt((activate ? 2 : 0.5) / inputs));
    const bias = model.weight([to], 0.05, activate ? 0.1 : 0);
    const pad = (kernel - 1) / 2;
    const y = model.add("Conv", [x, weight, bias], {
      dilations: [1, 1],
      group: groups,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
    return activate ? model.add("Clip", [y, zero, six]) : y;
  };

  let x = model.input("image", DType.FLOAT32, [1, 3, 224, 224]);
  x = convolution(x, { from: 3, to: 32, kernel: 3, stride: 2, groups: 1, activate: true });
  let from = 32;
  for (const [expansion, to, repetitions, firstStride] of BLOCKS) {
    for (let i = 0; i < repetitions; i++) {
      const stride = i === 0 ? firstStride : 1;
      const hidden = from * expansion;
      let y = x;
      if (expansion > 1) {
        y = convolution(y, { from, to: hidden, kernel: 1, stride: 1, groups: 1, activate: true });
      }
      y = convolution(y, { from: hidden, to: hidden, kernel: 3, stride, groups: hidden, activate: true });
      y = convolution(y, { from: hidden, to, kernel: 1, stride: 1, groups: 1, activate: false });
      x = stride === 1 && from === to ? model.add("Add", [x, y]) : y;
      from = to;
    }
  }
  x = convolution(x, { from, to: 1280, kernel: 1, stride: 1, groups: 1, activate: true });
  x = model.add("GlobalAveragePool", [x]);
  x = model.add("Flatten", [x], { axis: 1 });
  const weight = model.weight([CLASSES, 1280], Math.sqrt(1 / 1280));
  model.add("Gemm", [x, weight, model.weight([CLASSES], 0.01)], { transB: 1 }, "logits");
  model.output("logits", DType.FLOAT32, [1, CLASSES]);
}
