/** Cases of operators for functions, sums and products. */
import { DType } from "@assay/vm";
import { MICROSOFT } from "../../operator.ts";
import {
  bools,
  f,
  longs,
  p,
  plain,
  scalar,
  specials,
  typed,
  type CaseTable,
  type InputCase,
  type OperatorCase,
} from "../case.ts";

/** Random floats between two bounds. */
const between = (least: number, greatest: number, ...shape: number[]): InputCase => ({
  shape,
  range: [least, greatest],
});
const vector = (values: readonly number[], dtype: number = DType.FLOAT32): InputCase => ({
  shape: [values.length],
  values,
  dtype,
});

/** A tensor of binary16. */
const narrow = (values: readonly number[], ...shape: number[]): InputCase => ({
  shape,
  values,
  dtype: DType.FLOAT16,
});
const narrowOut = (values: readonly number[], ...shape: number[]) => [{ shape, values, dtype: DType.FLOAT16 }];

const everywhere = [plain(f(2, 3, 4)), plain(specials)];
/** Arguments for which the reduction to a quarter turn is hard. */
const angles: OperatorCase[] = [
  plain(f(2, 3, 4)),
  plain(vector([0, -0, 1.5707964, -1.5707964, 3.1415927, 11, 22, 355, 32767.998, 32768, 32769.5, -1e6])),
  plain(vector([1e-40, 8388609, 1e10, -2.5e20, 1e30, 3.4e38, -3.4e38, Infinity, -Infinity, NaN, 1e22, 5e15])),
];

const POWERS: OperatorCase[] = [
  {
    ...plain(narrow([2, 3, 4, -2], 4), narrow([3, 2, 0.5, 5], 4)),
    expected: narrowOut([8, 9, 2, -32], 4),
  },
  plain(between(0.1, 4, 3, 4), f(4)),
  plain(f(3, 4), scalar(3, DType.FLOAT32)),
  plain(vector([-3, -2, -1, -0, 0, 1, 2, 3]), vector([3, 2, -5, -3, 2, 7, -2, 0])),
  plain(
    vector([-2, -0, 0, Infinity, -Infinity, -Infinity, NaN, 0.5]),
    vector([0.5, -1, -Infinity, -2, 3, -3, 0, Infinity]),
  ),
  plain(f(3, 1), typed(DType.INT64, [4], [-3, 4])),
  plain(f(5), typed(DType.INT32, [5], [0, 5])),
  plain(typed(DType.INT64, [2, 3], [-9, 9]), typed(DType.INT64, [3], [0, 5])),
  plain(typed(DType.INT32, [6], [-9, 9]), typed(DType.INT32, [6], [0, 5])),
  plain(typed(DType.INT32, [6], [-9, 9]), scalar(3, DType.INT32)),
  plain(typed(DType.INT64, [4], [1, 9]), typed(DType.FLOAT32, [4], [1, 4])),
  plain(typed(DType.INT32, [4], [-9, 9]), scalar(2, DType.FLOAT32)),
  {
    // Negative exponents of integers: ONNX does not say; 1 ÷ x^|y| truncated, and 0 for a base of 0.
    ...plain(vector([1, -1, -1, 2, 0, -3], DType.INT32), vector([-2, -3, -4, -1, -1, -1], DType.INT32)),
    expected: [{ shape: [6], dtype: DType.INT32, values: [1, -1, 1, 0, 0, 0] }],
  },
];

/** Constant floats. */
const floats = (...values: number[]): InputCase => ({ shape: [values.length], values, constant: true });

const resized = (
  attributes: OperatorCase["attributes"],
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
  input: InputCase = f(1, 2, 4, 6),
  version = 18,
): OperatorCase => ({
  inputs: [input, undefined, scales && floats(...scales), ...(sizes ? [longs(...sizes)] : [])],
  attributes,
  opset: version,
  tolerance: 1e-5,
});
const RESIZES: OperatorCase[] = [
  {
    ...resized({ mode: "linear" }, [1, 1, 1, 2], undefined, narrow([1, 2, 4], 1, 1, 1, 3)),
    expected: narrowOut([1, 1.25, 1.75, 2.5, 3.5, 4], 1, 1, 1, 6),
  },
  resized({}, [1, 1, 2, 2], undefined),
  resized({ nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" }, [1, 1, 2, 3], undefined),
  resized({ nearest_mode: "floor", coordinate_transformation_mode: "tf_half_pixel_for_nn" }, [1, 1, 2, 0.6], undefined),
  resized({ nearest_mode: "ceil" }, undefined, [1, 2, 3, 8]),
  resized({ nearest_mode: "round_prefer_ceil" }, undefined, [1, 2, 2, 3], typed(DType.UINT8, [1, 2, 4, 6])),
  resized({ mode: "linear" }, [1, 1, 2, 2], undefined),
  resized({ mode: "linear", coordinate_transformation_mode: "align_corners" }, undefined, [1, 2, 7, 5]),
  resized({ mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" }, undefined, [1, 2, 1, 9]),
  resized({ mode: "linear", coordinate_transformation_mode: "asymmetric" }, [1, 1, 1.5, 0.5], undefined),
  resized({ mode: "linear", antialias: 1 }, undefined, [1, 2, 2, 3]),
  resized({ mode: "cubic" }, undefined, [1, 2, 8, 9]),
  resized({ mode: "cubic", cubic_coeff_a: { float: -0.5 }, exclude_outside: 1 }, undefined, [1, 2, 6, 9]),
  resized({ mode: "cubic", antialias: 1 }, undefined, [1, 2, 2, 4]),
  resized({ mode: "linear", axes: [2, 3] }, [2, 2], undefined),
  resized({ mode: "linear", axes: [2, 3], keep_aspect_ratio_policy: "not_larger" }, undefined, [8, 9]),
  resized({ axes: [3, 2], keep_aspect_ratio_policy: "not_smaller" }, undefined, [9, 8]),
  { inputs: [f(1, 1, 3, 4), floats(1, 1, 2, 2)], opset: 10 },
  {
    inputs: [f(1, 1, 4, 4), floats(0, 0, 0.4, 0.6, 1, 1, 1.2, 0.9), undefined, longs(1, 1, 3, 3)],
    attributes: {
      mode: "linear",
      coordinate_transformation_mode: "tf_crop_and_resize",
      extrapolation_value: { float: 10 },
    },
    opset: 13,
    tolerance: 1e-5,
  },
];

const LOSSES: OperatorCase[] = [
  plain(f(3, 5), typed(DType.INT64, [3], [0, 5])),
  { ...plain(f(3, 5, 2), typed(DType.INT32, [3, 2], [0, 5]), p(5)), attributes: { reduction: "sum" } },
  { ...plain(f(3, 5, 2), typed(DType.INT64, [3, 2], [0, 5]), p(5)), attributes: { ignore_index: 1 } },
  { ...plain(f(4, 5, 2, 3), typed(DType.INT64, [4, 2, 3], [0, 5]), p(5)), attributes: { reduction: "none" } },
];
const sampled = (
  attributes: OperatorCase["attributes"],
  version = 20,
  out: readonly number[] = [3, 5],
): OperatorCase => ({
  inputs: [f(2, 2, 4, 5), between(-1.4, 1.4, 2, ...out, 2)],
  attributes,
  opset: version,
  tolerance: 1e-5,
});
const pooled = (attributes: OperatorCase["attributes"], version = 16): OperatorCase => ({
  inputs: [
    f(2, 3, 8, 9),
    { shape: [3, 4], values: [0, 1, 5, 6, 2.5, 0.5, 8, 7, -3, -2, 12, 4] },
    { shape: [3], dtype: DType.INT64, values: [0, 1, 1] },
  ],
  attributes: { output_height: 3, output_width: 2, sampling_ratio: 2, ...attributes },
  opset: version,
  tolerance: 1e-5,
});
const einsum = (equation: string, ...inputs: InputCase[]): OperatorCase => ({
  inputs,
  attributes: { equation },
  tolerance: 1e-5,
});

/** Sequence lengths, clipping, other activations, both directions. */
const recurrent = (gates: number, states: number, activations: readonly string[]): OperatorCase[] => {
  const [time, batch, size, hidden] = [4, 3, 2, 3];
  const lengths: InputCase = { shape: [batch], dtype: DType.INT32, values: [2, 4, 1] };
  const [outputs, tolerance] = [1 + states, 1e-5];
  const inputs = (directions: number) => [
    f(time, batch, size),
    f(directions, gates * hidden, size),
    f(directions, gates * hidden, hidden),
    f(directions, 2 * gates * hidden),
  ];
  const initial = (directions: number) => Array.from({ length: states }, () => f(directions, batch, hidden));
  const attributes = { hidden_size: hidden };
  return [
    { inputs: [...inputs(1), lengths, ...initial(1)], attributes, outputs, tolerance },
    { inputs: [...inputs(1), lengths], attributes: { ...attributes, direction: "reverse" }, outputs, tolerance },
    {
      inputs: [...inputs(2), lengths, ...initial(2)],
      attributes: { ...attributes, direction: "bidirectional" },
      outputs,
      tolerance,
    },
    { inputs: inputs(1), attributes: { ...attributes, clip: { float: 0.5 } }, outputs, tolerance },
    { inputs: inputs(1), attributes: { ...attributes, activations }, outputs, tolerance },
  ];
};
const peepholes: OperatorCase[] = [false, true].map((coupled) => ({
  inputs: [f(3, 2, 4), f(2, 12, 4), f(2, 12, 3), f(2, 24), undefined, f(2, 2, 3), f(2, 2, 3), f(2, 9)],
  attributes: { hidden_size: 3, direction: "bidirectional", input_forget: coupled ? 1 : 0, clip: { float: 1.5 } },
  outputs: 3,
  tolerance: 1e-5,
}));

export const CASES: CaseTable = {
  "": {
    AffineGrid: [
      { inputs: [f(2, 2, 3), longs(2, 1, 3, 5)], opset: 20 },
      { inputs: [f(2, 3, 4), longs(2, 1, 3, 2, 4)], attributes: { align_corners: 1 }, opset: 20 },
    ],
    AveragePool: [
      {
        inputs: [f(1, 2, 7, 8)],
        attributes: { kernel_shape: [3, 3], strides: [2, 3], pads: [1, 0, 1, 1], ceil_mode: 1 },
        opset: 19,
      },
      {
        inputs: [f(1, 2, 7, 8)],
        attributes: {
          kernel_shape: [3, 2],
          dilations: [2, 2],
          strides: [2, 2],
          count_include_pad: 1,
          pads: [1, 1, 1, 1],
        },
        opset: 19,
      },
    ],
    BlackmanWindow: [
      { inputs: [scalar(10)], opset: 17, tolerance: 1e-6 },
      { inputs: [scalar(7)], attributes: { periodic: 0 }, opset: 17, tolerance: 1e-6 },
    ],
    CenterCropPad: [
      { inputs: [f(5, 6, 3), longs(3, 9, 3)], opset: 18 },
      { inputs: [typed(DType.INT64, [4, 7]), longs(10)], attributes: { axes: [-1] }, opset: 18 },
    ],
    Col2Im: [
      { inputs: [f(2, 6, 16), longs(4, 5), longs(2, 3)], opset: 18, attributes: { pads: [0, 1, 1, 0] } },
      {
        inputs: [f(1, 8, 9), longs(6, 7), longs(2, 2)],
        opset: 18,
        attributes: { strides: [2, 2], dilations: [1, 2] },
      },
    ],
    ConvTranspose: [
      { inputs: [f(1, 2, 4, 5), f(2, 3, 3, 3)], attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] } },
      { inputs: [f(1, 2, 4, 5), f(2, 3, 3, 3), f(3)], attributes: { auto_pad: "SAME_LOWER", strides: [2, 3] } },
      { inputs: [f(1, 2, 4, 5), f(2, 3, 3, 3)], attributes: { output_shape: [9, 11], strides: [2, 2] } },
      { inputs: [f(1, 4, 5), f(4, 2, 4)], attributes: { group: 2, output_padding: [1], strides: [3] } },
    ],
    Det: [plain(f(4, 4)), plain(f(2, 3, 3, 3)), plain({ shape: [2, 2], values: [1, 2, 2, 4] })],
    DFT: [
      { inputs: [f(2, 10, 1)], opset: 17, tolerance: 1e-5 },
      { inputs: [f(2, 10, 1), scalar(16)], attributes: { onesided: 1 }, opset: 17, tolerance: 1e-5 },
      { inputs: [f(2, 7, 3, 2)], attributes: { inverse: 1 }, opset: 17, tolerance: 1e-5 },
      // onnxruntime is that far off the definition: `lowering/fourier.test.ts` is beside it.
      { inputs: [f(1, 30, 1)], opset: 17, tolerance: 1e-4 },
      { inputs: [f(1, 40, 2), scalar(32)], attributes: { inverse: 1 }, opset: 17, tolerance: 1e-4 },
      { inputs: [f(2, 50, 2), scalar(68)], opset: 17, tolerance: 1e-3 },
    ],
    DeformConv: [
      {
        ...plain(
          f(1, 2, 3, 3),
          { shape: [1, 2, 2, 2], values: [1, 0, 0, 0, 0, 0, 0, 1] },
          {
            shape: [1, 8, 2, 2],
            values: new Array<number>(32).fill(0),
          },
        ),
        opset: 19,
        // No offsets: a convolution with an identity.
        inputs: [
          { shape: [1, 2, 3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90] },
          { shape: [1, 2, 2, 2], values: [1, 0, 0, 0, 0, 0, 0, 1] },
          { shape: [1, 8, 2, 2], values: new Array<number>(32).fill(0) },
        ],
        expected: [{ shape: [1, 1, 2, 2], values: [51, 62, 84, 95] }],
      },
      {
        // Row offsets of 1/2 everywhere, a mask of 2: twice the mean of two rows, zero beyond the last.
        inputs: [
          { shape: [1, 1, 2, 2], values: [1, 2, 3, 4] },
          { shape: [1, 1, 1, 1], values: [1] },
          { shape: [1, 2, 2, 2], values: [0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0] },
          { shape: [1], values: [10] },
          { shape: [1, 1, 2, 2], values: [2, 2, 2, 2] },
        ],
        opset: 19,
        expected: [{ shape: [1, 1, 2, 2], values: [14, 16, 13, 14] }],
      },
    ],
    Einsum: [
      einsum("ij,jk->ik", f(3, 4), f(4, 5)),
      einsum("bij, bjk -> bik", f(2, 3, 4), f(2, 4, 5)),
      einsum("...ij,...jk->...ik", f(2, 2, 3, 4), f(2, 2, 4, 5)),
      einsum("ii->i", f(4, 4)),
      einsum("ij->ji", f(3, 4)),
      einsum("ij->i", f(3, 20)),
      einsum("i,i", f(600), f(600)),
      einsum("i,j", f(3), f(4)),
      einsum("ij,jk,kl->il", f(3, 4), f(4, 5), f(5, 2)),
      einsum("bhid,bhjd->bhij", f(2, 2, 3, 4), f(2, 2, 5, 4)),
      einsum("ijk,jl->kil", f(3, 4, 5), f(4, 2)),
      einsum("ij,kj->", f(3, 4), f(2, 4)),
      {
        // 2048 + 1 is no binary16: only the end is rounded.
        ...einsum("ij,jk,kl->il", narrow([2048, 1], 1, 2), narrow([1, 1], 2, 1), narrow([1], 1, 1)),
        expected: narrowOut([2048], 1, 1),
      },
      {
        ...einsum("ij,jk,kl->il", narrow([2048, 1], 1, 2), narrow([1, 1], 2, 1), narrow([2], 1, 1)),
        expected: narrowOut([4096], 1, 1),
      },
      {
        ...einsum("i,i,j->j", narrow([2048, 1, 1], 3), narrow([1, 1, 1], 3), narrow([1, 0.5], 2)),
        expected: narrowOut([2050, 1025], 2),
      },
      einsum("ij,jk", typed(DType.INT32, [3, 4], [-9, 9]), typed(DType.INT32, [4, 2], [-9, 9])),
    ],
    GlobalLpPool: [plain(f(2, 3, 4, 5)), { inputs: [f(2, 3, 7)], attributes: { p: 3 }, tolerance: 1e-5 }],
    GridSample: [
      sampled({}, 16),
      sampled({ mode: "linear" }),
      sampled({ mode: "linear", align_corners: 1, padding_mode: "border" }),
      sampled({ mode: "nearest", padding_mode: "reflection" }),
      sampled({ mode: "linear", padding_mode: "reflection", align_corners: 1 }),
      sampled({ mode: "cubic" }),
      sampled({ mode: "cubic", padding_mode: "reflection" }),
      sampled({ mode: "cubic", padding_mode: "border", align_corners: 1 }),
    ],
    GRU: recurrent(3, 1, ["HardSigmoid", "Softsign"]),
    HammingWindow: [
      { inputs: [scalar(10)], opset: 17, tolerance: 1e-6 },
      { inputs: [scalar(7)], attributes: { periodic: 0 }, opset: 17, tolerance: 1e-6 },
    ],
    HannWindow: [
      { inputs: [scalar(10)], opset: 17, tolerance: 1e-6 },
      { inputs: [scalar(7)], attributes: { periodic: 0 }, opset: 17, tolerance: 1e-6 },
    ],
    LpPool: [
      { inputs: [f(1, 2, 6, 7)], attributes: { kernel_shape: [2, 3], strides: [2, 1] } },
      { inputs: [f(1, 2, 6, 7)], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], p: 1 } },
      { inputs: [f(1, 2, 6)], attributes: { kernel_shape: [3], p: 3 }, tolerance: 1e-5 },
    ],
    LSTM: [...recurrent(4, 2, ["Sigmoid", "Relu", "Elu"]), ...peepholes],
    Affine: [
      { inputs: [f(2, 9)], attributes: { alpha: { float: 0.3 }, beta: { float: -2 } }, opset: 9 },
      { inputs: [f(3)], opset: 9 },
    ],
    ParametricSoftplus: [{ inputs: [f(2, 9)], attributes: { alpha: { float: 0.3 }, beta: { float: -2 } }, opset: 9 }],
    ScaledTanh: [{ inputs: [f(2, 9)], attributes: { alpha: { float: 1.7 }, beta: { float: 0.6 } }, opset: 9 }],
    ImageScaler: [
      { inputs: [f(2, 3, 4, 5)], attributes: { scale: { float: 0.3 }, bias: { floats: [1, -2, 0.5] } }, opset: 9 },
      { inputs: [f(1, 1, 2, 2)], attributes: { bias: { floats: [-0.1] } }, opset: 9 },
    ],
    LRN: [
      { inputs: [f(2, 5, 3, 4)], attributes: { size: 3 } },
      {
        inputs: [f(1, 6, 2, 2)],
        attributes: { size: 5, alpha: { float: 0.5 }, beta: { float: 0.5 }, bias: { float: 2 } },
      },
    ],
    MaxUnpool: [
      {
        inputs: [
          { shape: [1, 1, 2, 2], values: [1, 2, 3, 4] },
          { shape: [1, 1, 2, 2], dtype: DType.INT64, values: [5, 7, 13, 15] },
        ],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      {
        inputs: [
          { shape: [1, 2, 3], values: [1, 2, 3, 4, 4, 6] },
          { shape: [1, 2, 3], dtype: DType.INT64, values: [1, 2, 3, 5, 5, 7] },
        ],
        attributes: { kernel_shape: [2], strides: [1] },
        // Windows overlap; ONNX's reference.
        expected: [{ shape: [1, 2, 4], values: [0, 1, 2, 3, 0, 4, 0, 6] }],
      },
    ],
    MelWeightMatrix: [
      {
        inputs: [scalar(8), scalar(64), scalar(8192), scalar(20, DType.FLOAT32), scalar(4000, DType.FLOAT32)],
        opset: 17,
      },
    ],
    Mod: [
      { ...plain(f(3, 4), f(4)), attributes: { fmod: 1 } },
      {
        ...plain(vector([1e30, -5.5, 7, -0, 3, Infinity, NaN]), vector([3, 2, 0, 1, Infinity, 2, 2])),
        attributes: { fmod: 1 },
      },
    ],
    NegativeLogLikelihoodLoss: LOSSES,
    RNN: recurrent(1, 1, ["LeakyRelu"]),
    ReduceMax: [{ inputs: [bools(3, 4), longs(1)], opset: 20 }],
    ReduceMin: [{ inputs: [bools(3, 4), longs(0)], opset: 20 }],
    RoiAlign: [
      pooled({}),
      pooled({ coordinate_transformation_mode: "output_half_pixel", spatial_scale: { float: 0.5 } }),
      pooled({ mode: "max" }),
      pooled({}, 10),
    ],
    SoftmaxCrossEntropyLoss: LOSSES.map((one) => ({ ...one, outputs: 2, tolerance: 1e-5 })),
    STFT: [
      { inputs: [f(1, 60, 1), scalar(9), f(24)], opset: 17, tolerance: 1e-4 },
      { inputs: [f(2, 20, 1), scalar(4), f(8)], opset: 17, tolerance: 1e-5 },
      {
        inputs: [f(1, 20, 1), scalar(5), undefined, scalar(10)],
        attributes: { onesided: 0 },
        opset: 17,
        tolerance: 1e-5,
      },
    ],
    Acos: [plain(between(-1, 1, 2, 3, 4)), plain(specials)],
    Acosh: [plain(between(1, 9, 2, 3, 4)), plain(vector([1, 1.0000001, 4095, 4097, 1e30, Infinity, 0.5, NaN]))],
    Asin: [plain(between(-1, 1, 2, 3, 4)), plain(specials)],
    Asinh: everywhere,
    Atan: everywhere,
    Atanh: [plain(between(-1, 1, 2, 3, 4)), plain(specials)],
    Cos: angles,
    Cosh: everywhere,
    Pow: POWERS,
    Resize: RESIZES,
    Sin: angles,
    Sinh: everywhere,
    Tan: angles,
    Upsample: [
      { inputs: [f(1, 2, 3, 4), floats(1, 1, 2, 3)], opset: 9 },
      { inputs: [f(1, 2, 3, 4), floats(1, 1, 2, 2)], attributes: { mode: "linear" }, opset: 9 },
      { inputs: [f(1, 1, 2, 2)], attributes: { scales: { floats: [1, 1, 2, 2] } }, opset: 7 },
    ],
  },
  [MICROSOFT]: {
    FusedConv: [
      { inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3)], attributes: { activation: "Relu", pads: [1, 1, 1, 1] } },
      {
        inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3), f(1, 3, 3, 3)],
        attributes: { activation: "LeakyRelu", activation_params: { floats: [0.25] } },
      },
      {
        inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3)],
        attributes: { activation: "Clip", activation_params: { floats: [-1, 2] } },
      },
    ],
    FusedGemm: [
      { inputs: [f(3, 4), f(5, 4), f(5)], attributes: { activation: "Tanh", transB: 1, alpha: { float: 0.5 } } },
      { inputs: [f(3, 4), f(4, 5)], attributes: { activation: "LeakyRelu", activation_alpha: { float: 0.25 } } },
    ],
    FusedMatMul: [
      { inputs: [f(2, 3, 4), f(2, 5, 4)], attributes: { transB: 1, alpha: { float: 0.125 } } },
      { inputs: [f(4, 3), f(2, 4, 5)], attributes: { transA: 1 } },
    ],
  },
};
