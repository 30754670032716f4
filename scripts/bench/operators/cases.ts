/** Operators one by one, at sizes that models have: what the whole models of the engine's bench do not show. */
import { DType, makeTensor, productOf, tensorOfWords, type Tensor } from "../../../packages/vm/src/index.ts";
import {
  floats as exact,
  longs,
  type AttributeValue,
  type ModelSpec,
} from "../../../packages/graph/src/testing/onnxBuilder.ts";
import { Random } from "../../../packages/graph/src/testing/random.ts";

export interface OperatorCase {
  readonly name: string;
  readonly model: ModelSpec;
  readonly inputs: Readonly<Record<string, Tensor>>;
}

const { FLOAT32, INT32, INT64, INT8, UINT8 } = DType;
const random = new Random(0x0b5);

function numbers(...shape: number[]): Tensor {
  const values = Float32Array.from({ length: productOf(shape) }, () => random.normal());
  return makeTensor(FLOAT32, shape, new Uint8Array(values.buffer));
}

function bytes(dtype: DType, ...shape: number[]): Tensor {
  return makeTensor(
    dtype,
    shape,
    Uint8Array.from({ length: productOf(shape) }, () => random.below(256)),
  );
}

function below(most: number, ...shape: number[]): Tensor {
  return tensorOfWords(
    INT64,
    shape,
    Array.from({ length: productOf(shape) }, () => random.below(most)),
  );
}

const scale = (value: number): Tensor => exact([], [value]);
const zero = (dtype: DType, value: number): Tensor => makeTensor(dtype, [], Uint8Array.of(value));
const list = (...values: number[]): Tensor => longs([values.length], values);

interface More {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Operands after the inputs, constant; undefined where one is left out. */
  readonly constants?: readonly (Tensor | undefined)[];
  readonly output?: DType;
  readonly opset?: number;
  /** Outputs of the node after the one that is asked for. */
  readonly others?: readonly string[];
  /** What tells the case from another of the operator. */
  readonly note?: string;
}

function one(operator: string, inputs: readonly Tensor[], more: More = {}): OperatorCase {
  const { attributes = {}, constants = [], output = FLOAT32, opset = 20, others = [], note } = more;
  const given = Object.fromEntries(inputs.map((tensor, i) => [`x${i}`, tensor]));
  const fixed = Object.fromEntries(constants.flatMap((tensor, i) => (tensor ? [[`c${i}`, tensor]] : [])));
  const names = [...Object.keys(given), ...constants.map((tensor, i) => (tensor ? `c${i}` : ""))];
  return {
    name: note === undefined ? operator : `${operator}, ${note}`,
    model: {
      opset,
      nodes: [{ operator, inputs: names, outputs: ["y", ...others], attributes }],
      inputs: Object.entries(given).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      outputs: [{ name: "y", dtype: output }],
      constants: fixed,
    },
    inputs: given,
  };
}

const image = (channels: number, size: number): Tensor => numbers(1, channels, size, size);
const wide = (): Tensor => numbers(128, 3072);

const recurrence = (
  operator: string,
  gates: number,
  batch: number,
  steps: number,
  width: number,
  directions = 1,
): OperatorCase =>
  one(operator, [numbers(steps, batch, width)], {
    note: `${width} wide, ${steps} steps of ${batch}${directions === 2 ? ", both ways" : ""}`,
    attributes: { hidden_size: width, direction: directions === 2 ? "bidirectional" : "forward" },
    constants: [
      ...Array.from({ length: 2 }, () => numbers(directions, gates * width, width)),
      numbers(directions, 2 * gates * width),
    ],
  });

const transposed = (channels: number, maps: number, kernel: number, stride: number, pad: number): OperatorCase =>
  one("ConvTranspose", [image(channels, 32)], {
    note: `${kernel} × ${kernel} by ${stride}`,
    attributes: { strides: [stride, stride], pads: [pad, pad, pad, pad] },
    constants: [numbers(channels, maps, kernel, kernel)],
  });

const quantised = (maps: number, inside: number, groups: number): OperatorCase =>
  one("QLinearConv", [bytes(UINT8, 1, inside * groups, 56, 56)], {
    note: groups === 1 ? `${maps} maps` : "depthwise",
    attributes: { pads: [1, 1, 1, 1], group: groups },
    constants: [
      ...[scale(0.02), zero(UINT8, 128), bytes(INT8, maps, inside, 3, 3), scale(0.01), zero(INT8, 0)],
      ...[scale(0.1), zero(UINT8, 128)],
    ],
    output: UINT8,
  });

const resized = (mode: string): OperatorCase =>
  one("Resize", [image(64, 64)], {
    note: mode,
    attributes: { mode },
    constants: [undefined, exact([4], [1, 1, 2, 2])],
  });

export const operatorCases = (): readonly OperatorCase[] => [
  ...[recurrence("LSTM", 4, 1, 64, 256), recurrence("LSTM", 4, 8, 64, 256), recurrence("LSTM", 4, 1, 50, 512)],
  ...[recurrence("LSTM", 4, 1, 64, 128, 2), recurrence("LSTM", 4, 1, 64, 256, 2)],
  ...[recurrence("GRU", 3, 1, 64, 256), recurrence("RNN", 1, 1, 64, 256)],
  ...[transposed(64, 32, 4, 2, 1), transposed(128, 64, 2, 2, 0), transposed(128, 64, 3, 2, 1)],
  one("ConvTranspose", [numbers(1, 256, 100)], {
    note: "16 by 8",
    attributes: { strides: [8], pads: [4, 4] },
    constants: [numbers(256, 128, 16)],
  }),
  ...[quantised(64, 64, 1), quantised(144, 1, 144)],
  one("Conv", [numbers(1, 256, 1000)], {
    note: "one axis",
    attributes: { pads: [1, 1] },
    constants: [numbers(256, 256, 3)],
  }),
  one("Conv", [image(64, 56)], {
    note: "dilated",
    attributes: { pads: [2, 2, 2, 2], dilations: [2, 2] },
    constants: [numbers(64, 64, 3, 3)],
  }),
  one("Conv", [image(256, 56)], {
    note: "32 groups",
    attributes: { pads: [1, 1, 1, 1], group: 32 },
    constants: [numbers(256, 8, 3, 3)],
  }),
  one("Conv", [numbers(1, 16, 16, 32, 32)], {
    note: "three axes",
    attributes: { pads: [1, 1, 1, 1, 1, 1] },
    constants: [numbers(32, 16, 3, 3, 3)],
  }),
  one("MatMulInteger", [bytes(UINT8, 128, 768)], {
    constants: [bytes(INT8, 768, 768), zero(UINT8, 128), zero(INT8, 0)],
    output: INT32,
  }),
  one("Einsum", [numbers(1, 12, 128, 64), numbers(1, 12, 128, 64)], {
    attributes: { equation: "bhid,bhjd->bhij" },
  }),
  one("MaxPool", [image(64, 112)], {
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  }),
  one("AveragePool", [image(64, 56)], { attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } }),
  one("GlobalAveragePool", [image(512, 28)]),
  one("LayerNormalization", [numbers(128, 768)], {
    attributes: { axis: -1 },
    constants: [numbers(768), numbers(768)],
  }),
  one("InstanceNormalization", [image(64, 64)], { constants: [numbers(64), numbers(64)] }),
  one("InstanceNormalization", [numbers(1, 16, 16, 32, 32)], {
    note: "three axes",
    constants: [numbers(16), numbers(16)],
  }),
  one("BatchNormalization", [image(64, 112)], {
    constants: [numbers(64), numbers(64), numbers(64), exact([64], new Array<number>(64).fill(1.5))],
  }),
  one("Softmax", [numbers(12, 128, 128)], { attributes: { axis: -1 } }),
  one("Softmax", [numbers(1, 21, 256, 256)], { note: "axis 1", attributes: { axis: 1 } }),
  one("ReduceMean", [numbers(64, 128, 256)], { opset: 13, attributes: { axes: [1], keepdims: 0 } }),
  one("ReduceMax", [numbers(64, 128, 256)], { opset: 13, attributes: { axes: [2], keepdims: 0 } }),
  one("ArgMax", [numbers(1, 21, 256, 256)], { attributes: { axis: 1, keepdims: 0 }, output: INT64 }),
  one("TopK", [numbers(1, 50_257)], { note: "50 of 50,257", others: ["places"], constants: [list(50)] }),
  one("TopK", [numbers(8, 4096)], { note: "4,096 of 4,096", others: ["places"], constants: [list(4096)] }),
  one("CumSum", [numbers(64, 4096)], { constants: [longs([], [1])] }),
  ...["Exp", "Tanh", "Sigmoid", "Erf", "Log", "Sin", "HardSwish"].map((operator) => one(operator, [wide()])),
  one("Transpose", [numbers(4, 128, 12, 64)], { note: "0 2 1 3", attributes: { perm: [0, 2, 1, 3] } }),
  one("Transpose", [numbers(1024, 1024)], { note: "1 0", attributes: { perm: [1, 0] } }),
  ...["nearest", "linear", "cubic"].map(resized),
  one("DepthToSpace", [image(64, 64)], { attributes: { blocksize: 2 } }),
  one("Pad", [image(64, 56)], { attributes: { mode: "reflect" }, constants: [list(0, 0, 3, 3, 0, 0, 3, 3)] }),
  one("GatherElements", [numbers(512, 512), below(512, 512, 512)], { attributes: { axis: 1 } }),
  one("ScatterElements", [numbers(512, 512), below(512, 512, 512), numbers(512, 512)], { attributes: { axis: 1 } }),
  one("ScatterND", [numbers(1000, 256), below(1000, 200, 1), numbers(200, 256)]),
  one("GridSample", [image(64, 56), numbers(1, 56, 56, 2)]),
  one("QuantizeLinear", [wide()], { constants: [scale(0.05), zero(UINT8, 128)], output: UINT8 }),
  one("DequantizeLinear", [bytes(UINT8, 128, 3072)], { constants: [scale(0.05), zero(UINT8, 128)] }),
];
