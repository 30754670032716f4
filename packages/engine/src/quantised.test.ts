/**
 * Models of quantised tensors as exporters write them: products in integers whose last part is a float's, bytes that are moved,
 * on every backend with the interpreter's bits.
 *
 * @weight 20
 */
import { DType, tensorOfWords } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildModel, floats } from "../../graph/src/testing/onnxBuilder.ts";
import { quantisedModel, type Operand, type QuantisedModel } from "../../graph/src/testing/quantisedModel.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";

const { UINT8, INT8 } = DType;
const random = new Random(5);

const elements = (dtype: DType, shape: readonly number[]): number[] =>
  Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    () => random.below(256) - (dtype === INT8 ? 128 : 0),
  );

const input = (shape: readonly number[], dtype: DType = UINT8, zero = 117): Operand => ({
  ...{ dtype, shape, scales: [0.031], zeros: [zero] },
});

/** Weights, with a scale for each place of an axis if one is given. */
function weights(shape: readonly number[], axis?: number, dtype: DType = INT8, zero = 0): Operand {
  const count = axis === undefined ? 1 : shape[axis];
  return {
    ...{ dtype, shape, elements: elements(dtype, shape), zeros: new Array<number>(count).fill(zero) },
    ...{
      scales: Array.from({ length: count }, (_, i) => Math.fround(0.004 + 0.0007 * i)),
      ...(axis !== undefined && { axis }),
    },
  };
}

function example(name: string, model: QuantisedModel): Example {
  const { program } = importOnnx(buildModel(quantisedModel(model)));
  const inputs = model.operands
    .filter((operand) => operand.elements === undefined)
    .map(({ dtype, shape }) => tensorOfWords(dtype, shape, elements(dtype, shape)));
  return { name, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

const result = { dtype: UINT8, scales: [0.21], zeros: [128] } as const;

/** A convolution of an image of `channels`, with a bias, bounded and quantised. */
function convolution(
  [channels, rows, columns]: readonly [number, number, number],
  w: Operand,
  stride: number,
  { group = 1, pad = 1, x = input([1, channels, rows, columns]) } = {},
): Example {
  const [maps, , size] = w.shape;
  const attributes = { pads: [pad, pad, pad, pad], strides: [stride, stride], group };
  const bias = floats(
    [maps],
    Array.from({ length: maps }, (_, i) => 0.7 * i - 3),
  );
  const name = `${size}×${size}/${stride} ${channels}→${maps} at ${rows}×${columns}, ${group} groups, types ${x.dtype} and ${w.dtype}`;
  return example(name, { operator: "Conv", attributes, operands: [x, w], others: [bias], then: ["Relu"], result });
}

/** Floats at the ends of steps and types, infinite and not numbers, quantised. */
function quantisation(dtype: DType, zero: number): Example {
  const specials = [NaN, Infinity, -Infinity, 0, -0, 1e-40, 2 ** 31, -(2 ** 31), 3e38, -3e38];
  const steps = Array.from({ length: 90 }, (_, i) => (i * 13 - 600) / 2);
  const values = [
    ...specials,
    ...steps,
    ...steps.map((step) => step * (1 + 2 ** -23)),
    ...[-256, -255.5, 254.5, 255.5, 65536],
  ];
  const { program } = importOnnx(
    buildModel({
      nodes: [{ operator: "QuantizeLinear", inputs: ["x", "scale", "zero"], outputs: ["y"] }],
      inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [values.length] }],
      outputs: [{ name: "y", dtype }],
      constants: { scale: floats([], [1]), zero: tensorOfWords(dtype, [], [zero]) },
    }),
  );
  const inputs = [floats([values.length], values)];
  return { name: `type ${dtype}, zero point ${zero}`, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

describe("quantised tensors", () => {
  describe("floats", () => {
    onEveryBackend([
      ...[0, 7, 255].map((zero) => quantisation(UINT8, zero)),
      ...[-128, 0, 127].map((zero) => quantisation(INT8, zero)),
      ...[-32768, 5].map((zero) => quantisation(DType.INT16, zero)),
    ]);
  });

  describe("convolutions", () => {
    onEveryBackend([
      convolution([3, 25, 22], weights([10, 3, 3, 3], 0), 2),
      convolution([3, 41, 40], weights([16, 3, 7, 7], 0), 2, { pad: 3 }),
      convolution([3, 41, 40], weights([16, 3, 7, 7], 0), 3, { pad: 3 }),
      convolution([20, 14, 14], weights([18, 20, 3, 3], 0), 1),
      convolution([20, 15, 14], weights([18, 20, 3, 3]), 2, { x: input([1, 20, 15, 14], INT8, -5) }),
      convolution([20, 15, 70], weights([18, 20, 1, 1], 0), 2, { pad: 0 }),
      convolution([20, 13, 17], weights([40, 20, 1, 1], 0, UINT8, 131), 1, {
        pad: 0,
        x: input([1, 20, 13, 17], UINT8, 0),
      }),
      convolution([8, 11, 35], weights([12, 4, 3, 3], 0), 2, { group: 2, x: input([1, 8, 11, 35], UINT8, 128) }),
      convolution([9, 12, 19], weights([9, 1, 3, 3], 0), 1, { group: 9 }),
      convolution([5, 30, 33], weights([5, 1, 7, 7], 0), 2, { group: 5, pad: 3 }),
    ]);
  });

  describe("matrix products", () => {
    onEveryBackend([
      example("by weights", { operator: "MatMul", operands: [input([37, 90]), weights([90, 50], 1)], result }),
      example("floats", { operator: "MatMul", operands: [input([1, 300]), weights([300, 70], 1)] }),
      example("of inputs, in batches", {
        ...{ operator: "MatMul", result },
        operands: [input([2, 3, 19, 40]), input([2, 3, 40, 21], INT8, -9)],
      }),
      example("transposed", {
        ...{ operator: "Gemm", attributes: { transB: 1 }, result },
        operands: [input([9, 64]), weights([33, 64], 0)],
        others: [
          floats(
            [33],
            Array.from({ length: 33 }, (_, i) => i - 16),
          ),
        ],
      }),
    ]);
  });

  describe("moved", () => {
    onEveryBackend([
      example("pooled", {
        ...{ operator: "MaxPool", attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
        ...{ operands: [input([1, 7, 21, 26], INT8, -9)], result },
      }),
      example("turned", {
        ...{ operator: "Transpose", attributes: { perm: [0, 2, 1] }, then: ["Abs"] },
        operands: [input([3, 18, 23])],
      }),
    ]);
  });
});
