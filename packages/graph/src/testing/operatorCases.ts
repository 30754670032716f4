/** Cases of every operator: those of this table and of the families in `cases/`. */
import { DType } from "@assay/vm";
import { MICROSOFT } from "../operator.ts";
import {
  bools,
  f,
  longs,
  mergeCases,
  opset,
  p,
  plain,
  scalar,
  specials,
  typed,
  type CaseTable,
  type OperatorCase,
} from "./case.ts";
import { CASES as CLASSICAL } from "./cases/classical.ts";
import { CASES as CONTROL } from "./cases/control.ts";
import { CASES as MATH } from "./cases/math.ts";
import { CASES as MOVE } from "./cases/move.ts";
import { CASES as QUANT } from "./cases/quant.ts";
import { floats } from "./onnxBuilder.ts";

const unary = [plain(f(2, 3, 4)), plain(specials)];
const binary = [plain(f(2, 3), f(2, 3)), plain(f(2, 1, 4), f(3, 1)), plain(f(3), scalar(0.5, DType.FLOAT32))];
const integers = [
  plain(typed(DType.INT64, [2, 3], [-50, 50]), typed(DType.INT64, [3], [1, 9])),
  plain(typed(DType.INT32, [4], [-50, 50]), typed(DType.INT32, [4], [1, 9])),
];
const reduction = (since: number): OperatorCase[] =>
  [
    { inputs: [f(2, 3, 37)], attributes: { keepdims: 0, ...(since > 17 && { axes: [2] }) }, opset: 17 },
    { inputs: [f(2, 3, 4)], opset: 17 },
    { inputs: [f(3, 5, 2), longs(0, 1)], opset: 18 },
    { inputs: [f(3, 5, 2), longs(-2)], attributes: { keepdims: 0 }, opset: 18 },
  ].filter(({ opset }) => since <= 17 || opset === 18 || opset === 17) as OperatorCase[];
const sums: OperatorCase[] = [
  { inputs: [f(2, 3, 37), longs(2)], attributes: { keepdims: 0 } },
  { inputs: [f(2, 3, 4)] },
  { inputs: [f(3, 5, 2), longs(0, 1)] },
  { inputs: [typed(DType.INT64, [3, 4], [-9, 9]), longs(1)] },
  { inputs: [f(2, 3), longs()], attributes: { noop_with_empty_axes: 1 } },
];
const recurrent = (gates: number, states: number): OperatorCase[] => {
  const [time, batch, size, hidden] = [5, 2, 3, 4];
  const weights = (directions: number) => [
    f(directions, gates * hidden, size),
    f(directions, gates * hidden, hidden),
    f(directions, 2 * gates * hidden),
  ];
  const initial = (directions: number) => Array.from({ length: states }, () => f(directions, batch, hidden));
  const attributes = { hidden_size: hidden };
  const tolerance = 1e-5;
  const outputs = 1 + states;
  return [
    { inputs: [f(time, batch, size), ...weights(1)], attributes, outputs, tolerance },
    { inputs: [f(time, batch, size), ...weights(1), undefined, ...initial(1)], attributes, outputs, tolerance },
    { inputs: [f(1, batch, size), ...weights(1), undefined, ...initial(1)], attributes, outputs, tolerance },
    {
      inputs: [f(time, batch, size), ...weights(1)],
      attributes: { ...attributes, direction: "reverse" },
      outputs,
      tolerance,
    },
    {
      inputs: [f(time, batch, size), ...weights(2), undefined, ...initial(2)],
      attributes: { ...attributes, direction: "bidirectional" },
      outputs,
      tolerance,
    },
  ];
};
const soft: OperatorCase[] = [
  { inputs: [f(3, 20)] },
  { inputs: [f(2, 3, 4)], attributes: { axis: 1 } },
  { inputs: [f(2, 3, 4)], attributes: { axis: 1 }, opset: 11 },
];
const comparison = [...binary, ...integers];
const logic = [plain(bools(2, 3), bools(3))];
const bitwise = [opset(18, typed(DType.INT32, [2, 3], [-99, 99]), typed(DType.INT32, [3], [-99, 99]))];

const STANDARD: CaseTable[string] = {
  Abs: [...unary, plain(typed(DType.INT32, [5], [-9, 9]))],
  Add: [...binary, ...integers],
  And: logic,
  ArgMax: [
    { inputs: [f(3, 7)], attributes: { axis: 1 } },
    { inputs: [f(3, 7, 2)], attributes: { axis: -2, keepdims: 0 } },
    { inputs: [{ shape: [6], values: [1, 3, 3, -2, 3, 0] }], attributes: { axis: 0, select_last_index: 1 } },
  ],
  ArgMin: [
    { inputs: [f(3, 7)], attributes: { axis: 1 } },
    { inputs: [{ shape: [6], values: [1, -3, 3, -3, 3, 0] }], attributes: { axis: 0, keepdims: 0 } },
  ],
  AveragePool: [
    { inputs: [f(1, 2, 6, 6)], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [f(1, 2, 5, 5)], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    { inputs: [f(1, 2, 5, 5)], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 } },
    { inputs: [f(1, 1, 7)], attributes: { kernel_shape: [3], strides: [2], auto_pad: "SAME_UPPER" } },
  ],
  BatchNormalization: [
    { inputs: [f(2, 3, 4), f(3), f(3), f(3), p(3)] },
    { inputs: [f(2, 3), f(3), f(3), f(3), p(3)], attributes: { epsilon: { float: 0.01 } } },
  ],
  BitShift: [
    { inputs: [typed(DType.UINT8, [4], [0, 255]), typed(DType.UINT8, [4], [0, 7])], attributes: { direction: "LEFT" } },
    {
      inputs: [typed(DType.UINT32, [4], [0, 999]), typed(DType.UINT32, [4], [0, 7])],
      attributes: { direction: "RIGHT" },
    },
  ],
  BitwiseAnd: bitwise,
  BitwiseNot: [opset(18, typed(DType.INT32, [5], [-99, 99]))],
  BitwiseOr: bitwise,
  BitwiseXor: bitwise,
  Cast: [
    { inputs: [{ shape: [6], values: [0, -1.5, 2.7, 100.2, -0.4, 3] }], attributes: { to: DType.INT32 } },
    { inputs: [typed(DType.INT64, [5], [-99, 99])], attributes: { to: DType.FLOAT32 } },
    { inputs: [typed(DType.INT64, [5], [-999, 999])], attributes: { to: DType.INT8 } },
    { inputs: [{ shape: [5], values: [0, -0, 0.5, -3, 1] }], attributes: { to: DType.BOOL } },
    { inputs: [bools(5)], attributes: { to: DType.FLOAT32 } },
  ],
  Ceil: unary,
  Celu: [plain(f(3, 4)), { inputs: [f(3, 4)], attributes: { alpha: { float: 2 } } }],
  Clip: [
    { inputs: [f(3, 4), scalar(-1, DType.FLOAT32), scalar(1, DType.FLOAT32)] },
    { inputs: [f(3, 4), undefined, scalar(0.5, DType.FLOAT32)] },
    { inputs: [f(3, 4)], attributes: { min: { float: -1 }, max: { float: 0.25 } }, opset: 7 },
    { inputs: [typed(DType.INT32, [6], [-9, 9]), scalar(-3, DType.INT32), scalar(5, DType.INT32)] },
  ],
  Concat: [
    { inputs: [f(2, 3), f(2, 1), f(2, 2)], attributes: { axis: 1 } },
    { inputs: [f(1, 3), f(2, 3)], attributes: { axis: -2 } },
    { inputs: [f(2), f(1), f(3), f(2), f(1), f(4)], attributes: { axis: 0 } },
  ],
  Constant: [
    { inputs: [], attributes: { value_ints: [3, -1, 2] } },
    { inputs: [], attributes: { value_float: { float: 1.5 } } },
    { inputs: [], attributes: { value_floats: { floats: [1, -2.5] } } },
    { inputs: [], attributes: { value_int: 7 } },
  ],
  ConstantOfShape: [
    { inputs: [longs(2, 3)] },
    { inputs: [longs(0)] },
    { inputs: [longs(2)], attributes: { value: { tensor: floats([1], [NaN]) } } },
  ],
  Conv: [
    { inputs: [f(2, 3, 6, 6), f(4, 3, 3, 3), f(4)], attributes: { pads: [1, 1, 1, 1] }, tolerance: 1e-5 },
    { inputs: [f(1, 4, 7, 5), f(6, 2, 3, 2)], attributes: { group: 2, strides: [2, 1] }, tolerance: 1e-5 },
    { inputs: [f(1, 2, 9), f(3, 2, 3)], attributes: { dilations: [2], pads: [2, 1] }, tolerance: 1e-5 },
    { inputs: [f(1, 3, 5, 5), f(3, 1, 3, 3)], attributes: { group: 3, auto_pad: "SAME_UPPER" }, tolerance: 1e-5 },
    {
      inputs: [f(1, 2, 6, 6), f(3, 2, 4, 4)],
      attributes: { auto_pad: "SAME_LOWER", strides: [2, 2] },
      tolerance: 1e-5,
    },
    { inputs: [f(1, 1, 4, 4, 4), f(2, 1, 2, 2, 2)], tolerance: 1e-5 },
    { inputs: [f(1, 60, 3, 3), f(2, 60, 3, 3)], tolerance: 1e-4 },
  ],
  CastLike: [plain({ shape: [4], values: [0, -1.5, 2.7, 100.2] }, typed(DType.INT32, [1]))],
  ConvInteger: [
    { inputs: [typed(DType.UINT8, [1, 2, 5, 5], [0, 255]), typed(DType.UINT8, [3, 2, 3, 3], [0, 255])] },
    {
      inputs: [
        typed(DType.UINT8, [1, 2, 5, 5], [0, 255]),
        typed(DType.UINT8, [3, 2, 3, 3], [0, 255]),
        scalar(120, DType.UINT8),
        scalar(99, DType.UINT8),
      ],
      attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
    },
  ],
  ConvTranspose: [
    { inputs: [f(1, 3, 4, 4), f(3, 2, 3, 3), f(2)], tolerance: 1e-5 },
    {
      inputs: [f(2, 4, 3, 5), f(4, 2, 3, 2)],
      attributes: { group: 2, strides: [2, 3], pads: [1, 0, 1, 1], output_padding: [1, 0] },
      tolerance: 1e-5,
    },
    { inputs: [f(1, 2, 5), f(2, 2, 3)], attributes: { dilations: [2] }, tolerance: 1e-5 },
    // Phases that take no place of the kernel; all of them equally many; one axis of stride one and its places apart.
    { inputs: [f(1, 3, 4, 5), f(3, 2, 2, 2), f(2)], attributes: { strides: [3, 3] }, tolerance: 1e-5 },
    { inputs: [f(1, 2, 6), f(2, 3, 8), f(3)], attributes: { strides: [4], pads: [2, 3] }, tolerance: 1e-5 },
    { inputs: [f(1, 2, 4, 5), f(2, 2, 3, 2)], attributes: { strides: [2, 1], dilations: [1, 2] }, tolerance: 1e-5 },
    { inputs: [f(1, 4, 2, 3, 2), f(4, 2, 3, 2, 3)], attributes: { strides: [2, 2, 1], group: 2 }, tolerance: 1e-5 },
    // Not by phases: places apart under a stride, and more axes than a tensor has.
    { inputs: [f(1, 2, 4, 5), f(2, 2, 3, 2)], attributes: { strides: [2, 2], dilations: [2, 1] }, tolerance: 1e-5 },
    { inputs: [f(1, 2, 2, 2, 3), f(2, 1, 2, 3, 2)], attributes: { strides: [2, 2, 2], group: 2 }, tolerance: 1e-5 },
  ],
  CumSum: [
    { inputs: [f(5), scalar(0)] },
    { inputs: [f(2, 5, 3), scalar(1)], attributes: { exclusive: 1 } },
    { inputs: [f(2, 5), scalar(-1)], attributes: { reverse: 1 } },
    { inputs: [typed(DType.INT32, [2, 5]), scalar(1)], attributes: { reverse: 1, exclusive: 1 } },
  ],
  DepthToSpace: [
    { inputs: [f(1, 8, 2, 3)], attributes: { blocksize: 2 } },
    { inputs: [f(1, 8, 2, 3)], attributes: { blocksize: 2, mode: "CRD" } },
  ],
  DequantizeLinear: [
    { inputs: [typed(DType.UINT8, [2, 5], [0, 255]), scalar(0.1, DType.FLOAT32), scalar(128, DType.UINT8)] },
    {
      inputs: [typed(DType.INT8, [2, 3, 2], [-128, 127]), p(3), typed(DType.INT8, [3], [-9, 9])],
      attributes: { axis: 1 },
    },
  ],
  Div: [...binary, ...integers],
  Dropout: [plain(f(3, 4))],
  DynamicQuantizeLinear: [
    { inputs: [f(4, 5)], outputs: 3 },
    { inputs: [p(7)], outputs: 3 },
  ],
  Elu: [...unary, { inputs: [f(3, 4)], attributes: { alpha: { float: 2 } } }],
  Equal: [...comparison, plain(bools(3), bools(3))],
  Erf: unary,
  Exp: unary,
  Expand: [{ inputs: [f(3, 1), longs(2, 1, 4)] }, { inputs: [f(3), longs(1)] }],
  EyeLike: [
    { inputs: [f(3, 4)], attributes: { k: 1 } },
    { inputs: [f(3, 4)], attributes: { k: -1, dtype: DType.INT32 } },
  ],
  Flatten: [
    plain(f(2, 3, 4)),
    { inputs: [f(2, 3, 4)], attributes: { axis: 0 } },
    { inputs: [f(2, 3, 4)], attributes: { axis: -1 } },
  ],
  Floor: unary,
  GRU: recurrent(3, 1).flatMap((test) => [
    test,
    { ...test, attributes: { ...test.attributes, linear_before_reset: 1 } },
  ]),
  Gather: [
    { inputs: [f(5, 3), { shape: [2, 2], dtype: DType.INT64, values: [0, 4, -1, 2] }] },
    { inputs: [f(2, 5, 3), { shape: [3], dtype: DType.INT64, values: [0, -5, 2] }], attributes: { axis: 1 } },
    { inputs: [f(5), { shape: [], dtype: DType.INT32, values: [3] }] },
  ],
  GatherElements: [
    { inputs: [f(3, 4), { shape: [3, 2], dtype: DType.INT64, values: [0, 3, -1, 1, 2, -4] }], attributes: { axis: 1 } },
  ],
  GatherND: [
    { inputs: [f(3, 4), { shape: [2, 2], dtype: DType.INT64, values: [0, 1, -1, 3] }] },
    { inputs: [f(3, 4, 2), { shape: [2, 1], dtype: DType.INT64, values: [2, 0] }] },
    { inputs: [f(2, 4), { shape: [2, 1], dtype: DType.INT64, values: [3, 0] }], attributes: { batch_dims: 1 } },
  ],
  Gelu: [
    { inputs: [f(3, 4)], opset: 20 },
    { inputs: [f(3, 4)], attributes: { approximate: "tanh" }, opset: 20 },
  ],
  Gemm: [
    { inputs: [f(3, 4), f(4, 5), f(5)] },
    {
      inputs: [f(4, 3), f(5, 4), f(3, 1)],
      attributes: { transA: 1, transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
    },
    { inputs: [f(2, 700), f(700, 3)], tolerance: 1e-4 },
  ],
  GlobalAveragePool: [plain(f(2, 3, 5, 5))],
  GlobalMaxPool: [plain(f(2, 3, 5, 5))],
  Greater: comparison,
  GreaterOrEqual: comparison,
  GroupNormalization: [
    { inputs: [f(2, 4, 3, 5), f(4), f(4)], attributes: { num_groups: 2 }, opset: 21, tolerance: 1e-5 },
  ],
  HardSigmoid: [plain(f(3, 4)), { inputs: [f(3, 4)], attributes: { alpha: { float: 0.5 }, beta: { float: 0.1 } } }],
  HardSwish: [plain(f(3, 4))],
  Hardmax: [{ inputs: [f(3, 4)] }, { inputs: [f(2, 3, 4)], attributes: { axis: 1 } }],
  Identity: [plain(f(3, 4))],
  InstanceNormalization: [{ inputs: [f(2, 3, 4, 5), f(3), f(3)], tolerance: 1e-5 }],
  IsInf: [plain(specials), { inputs: [specials], attributes: { detect_negative: 0 } }],
  IsNaN: [plain(specials)],
  LSTM: recurrent(4, 2),
  LayerNormalization: [
    { inputs: [f(3, 20), f(20), f(20)], tolerance: 1e-5 },
    { inputs: [f(2, 3, 4), f(3, 4)], attributes: { axis: 1 }, tolerance: 1e-5 },
  ],
  LeakyRelu: [...unary, { inputs: [f(3, 4)], attributes: { alpha: { float: 0.3 } } }],
  Less: comparison,
  LessOrEqual: comparison,
  Log: unary,
  LogSoftmax: soft,
  LpNormalization: [
    { inputs: [f(3, 20)], tolerance: 1e-5 },
    { inputs: [f(3, 4, 2)], attributes: { axis: 1, p: 1 }, tolerance: 1e-5 },
  ],
  MatMul: [
    { inputs: [f(3, 4), f(4, 5)] },
    { inputs: [f(2, 1, 3, 4), f(5, 4, 2)] },
    { inputs: [f(4), f(4, 5)] },
    { inputs: [f(2, 3, 4), f(4)] },
    { inputs: [f(1, 1025), f(1025, 2)], tolerance: 1e-4 },
    { inputs: [typed(DType.INT32, [3, 4], [-9, 9]), typed(DType.INT32, [4, 2], [-9, 9])] },
  ],
  MatMulInteger: [
    { inputs: [typed(DType.UINT8, [3, 4], [0, 255]), typed(DType.UINT8, [4, 2], [0, 255])] },
    {
      inputs: [
        typed(DType.UINT8, [3, 4], [0, 255]),
        typed(DType.UINT8, [4, 2], [0, 255]),
        scalar(120, DType.UINT8),
        scalar(99, DType.UINT8),
      ],
    },
  ],
  Max: [plain(f(3), f(2, 3), f(1)), plain(f(3)), ...integers],
  MaxPool: [
    { inputs: [f(1, 2, 6, 6)], attributes: { kernel_shape: [2, 2], strides: [2, 2] }, outputs: 2 },
    { inputs: [f(1, 2, 5, 5)], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] } },
    { inputs: [f(1, 1, 6, 6)], attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
    { inputs: [f(1, 1, 9)], attributes: { kernel_shape: [2], dilations: [3] } },
  ],
  Mean: [plain(f(3), f(2, 3), f(1))],
  MeanVarianceNormalization: [
    { inputs: [f(2, 3, 4, 5)], tolerance: 1e-5 },
    { inputs: [f(2, 3, 4)], attributes: { axes: [2] }, tolerance: 1e-5 },
  ],
  Min: [plain(f(3), f(2, 3), f(1), f(1), f(3), f(3)), ...integers],
  Mish: [{ inputs: [f(3, 4)], opset: 18 }],
  Mod: [
    ...integers,
    { inputs: [typed(DType.INT32, [6], [-9, 9]), typed(DType.INT32, [6], [1, 5])], attributes: { fmod: 1 } },
  ],
  Mul: [...binary, ...integers],
  Neg: [...unary, plain(typed(DType.INT32, [5], [-9, 9]))],
  Not: [plain(bools(5))],
  OneHot: [
    { inputs: [{ shape: [4], dtype: DType.INT64, values: [0, 2, -1, 9] }, scalar(5), f(2)] },
    { inputs: [{ shape: [2, 2], dtype: DType.INT64, values: [0, 2, 1, 3] }, scalar(4), f(2)], attributes: { axis: 1 } },
  ],
  Or: logic,
  PRelu: [plain(f(2, 3, 4), f(3, 1)), plain(f(2, 3), f(1))],
  Pad: [
    { inputs: [f(2, 3), longs(1, 0, 2, 1)] },
    { inputs: [f(2, 3), longs(0, 2, 0, 1), scalar(9, DType.FLOAT32)] },
    { inputs: [f(4, 5), longs(1, 2, 2, 1)], attributes: { mode: "reflect" } },
    { inputs: [f(4, 5), longs(1, 2, 2, 6)], attributes: { mode: "edge" } },
    { inputs: [f(4, 5), longs(1, 2, 2, 1)], attributes: { mode: "wrap" }, opset: 19 },
    { inputs: [f(4, 5), longs(-1, 2, 1, -2)] },
  ],
  Pow: [
    ...[0, 1, 2, 3, -1, 0.5].map((y) => ({ inputs: [specials, scalar(y, DType.FLOAT32)] })),
    plain(f(3, 4), scalar(2)),
  ],
  QLinearMatMul: [
    {
      inputs: [
        typed(DType.UINT8, [3, 4], [100, 140]),
        scalar(0.1, DType.FLOAT32),
        scalar(120, DType.UINT8),
        typed(DType.UINT8, [4, 2], [100, 140]),
        scalar(0.05, DType.FLOAT32),
        scalar(119, DType.UINT8),
        scalar(0.3, DType.FLOAT32),
        scalar(128, DType.UINT8),
      ],
    },
  ],
  QuantizeLinear: [
    { inputs: [f(2, 5), scalar(0.05, DType.FLOAT32), scalar(100, DType.UINT8)] },
    { inputs: [f(2, 3, 2), p(3), typed(DType.INT8, [3], [-9, 9])], attributes: { axis: 1 } },
    { inputs: [{ shape: [4], values: [0.5, 1.5, -1e30, 1e30] }, scalar(1, DType.FLOAT32)] },
  ],
  RNN: recurrent(1, 1),
  RMSNormalization: [{ inputs: [f(3, 20), f(20)], opset: 23, tolerance: 1e-5 }],
  Range: [
    { inputs: [scalar(1), scalar(10), scalar(2)] },
    { inputs: [scalar(5), scalar(-6), scalar(-3)] },
    { inputs: [scalar(5), scalar(5), scalar(1)] },
  ],
  Reciprocal: [plain(p(3, 4)), plain(specials)],
  ReduceL1: reduction(18),
  ReduceL2: reduction(18),
  ReduceLogSum: [
    { inputs: [p(3, 20)], opset: 17 },
    { inputs: [p(3, 4, 2), longs(1)], opset: 18 },
  ],
  ReduceLogSumExp: reduction(18),
  ReduceMax: reduction(18),
  ReduceMean: reduction(18),
  ReduceMin: reduction(18),
  ReduceProd: reduction(18),
  ReduceSum: sums,
  ReduceSumSquare: reduction(18),
  Relu: unary,
  Reshape: [
    { inputs: [f(2, 3, 4), longs(0, -1)] },
    { inputs: [f(2, 6), longs(3, 4)] },
    { inputs: [f(2, 6), longs(-1)] },
  ],
  Round: [...unary, plain({ shape: [6], values: [0.5, 1.5, 2.5, -0.5, -1.5, -2.5] })],
  ScatterElements: [
    {
      inputs: [f(3, 4), { shape: [2, 3], dtype: DType.INT64, values: [0, 2, -1, 1, 1, 0] }, f(2, 3)],
      opset: 18,
    },
    {
      inputs: [f(3, 4), { shape: [3, 3], dtype: DType.INT64, values: [0, 0, 3, 1, 1, 1, -1, 2, 0] }, f(3, 3)],
      attributes: { axis: 1, reduction: "add" },
      opset: 18,
    },
    {
      inputs: [f(4), { shape: [3], dtype: DType.INT64, values: [1, 1, 3] }, f(3)],
      attributes: { reduction: "max" },
      opset: 18,
    },
  ],
  ScatterND: [
    { inputs: [f(4, 3), { shape: [2, 1], dtype: DType.INT64, values: [3, 0] }, f(2, 3)], opset: 18 },
    {
      inputs: [f(3, 4), { shape: [3, 2], dtype: DType.INT64, values: [0, 1, 2, 3, 0, 1] }, f(3)],
      attributes: { reduction: "mul" },
      opset: 18,
    },
  ],
  Selu: [plain(f(3, 4))],
  Shape: [plain(f(2, 3, 4)), { inputs: [f(2, 3, 4)], attributes: { start: 1, end: -1 } }],
  Shrink: [plain(f(3, 4)), { inputs: [f(3, 4)], attributes: { bias: { float: 0.5 }, lambd: { float: 1 } } }],
  Sigmoid: unary,
  Sign: [...unary, plain(typed(DType.INT32, [5], [-9, 9]))],
  Size: [plain(f(2, 3, 4))],
  Slice: [
    { inputs: [f(5, 6), longs(1, 2), longs(4, 6)] },
    { inputs: [f(5, 6), longs(-1), longs(-9999), longs(1), longs(-2)] },
    { inputs: [f(5, 6), longs(0, 1), longs(2 ** 40, -1), longs(0, 1), longs(2, 3)] },
    { inputs: [f(5, 6)], attributes: { starts: [1], ends: [100], axes: [1] }, opset: 9 },
  ],
  Softmax: soft,
  Softplus: [plain(f(3, 4))],
  Softsign: [plain(f(3, 4))],
  SpaceToDepth: [{ inputs: [f(1, 2, 4, 6)], attributes: { blocksize: 2 } }],
  Split: [
    { inputs: [f(6, 2)], outputs: 3 },
    { inputs: [f(2, 6), longs(1, 5)], attributes: { axis: 1 }, outputs: 2 },
    { inputs: [f(7)], attributes: { num_outputs: 3 }, outputs: 3, opset: 18 },
    { inputs: [f(2, 6)], attributes: { axis: -1, split: [2, 4] }, outputs: 2, opset: 11 },
  ],
  Sqrt: unary,
  Squeeze: [
    { inputs: [f(1, 3, 1)] },
    { inputs: [f(1, 3, 1), longs(-1)] },
    { inputs: [f(1, 3, 1)], attributes: { axes: [0] }, opset: 11 },
  ],
  Sub: [...binary, ...integers],
  Sum: [plain(f(3), f(2, 3), f(1), f(3), f(1))],
  Swish: [
    {
      inputs: [{ shape: [7], values: [-6, -1.5, -0.25, 0, 0.5, 2, 7] }],
      attributes: { alpha: { float: 1.25 } },
      opset: 24,
      // This onnxruntime does not have it: x ÷ (1 + e^(-1.25 x)) in binary64.
      expected: [
        {
          shape: [7],
          values: [
            -0.003316671820357442, -0.19944636523723602, -0.10562615841627121, 0.0, 0.32567742466926575,
            1.8482836484909058, 6.9988908767700195,
          ],
        },
      ],
    },
  ],
  Tanh: unary,
  ThresholdedRelu: [plain(f(3, 4))],
  Tile: [{ inputs: [f(2, 1, 3), longs(2, 3, 1)] }],
  Transpose: [plain(f(2, 3, 4)), { inputs: [f(2, 3, 4)], attributes: { perm: [1, 0, 2] } }],
  Trilu: [{ inputs: [f(4, 5)] }, { inputs: [f(2, 4, 5), scalar(-1)], attributes: { upper: 0 } }],
  Unsqueeze: [{ inputs: [f(2, 3), longs(0, -1)] }, { inputs: [f(2, 3)], attributes: { axes: [1] }, opset: 11 }],
  Where: [plain(bools(2, 3), f(2, 3), f(3))],
  Xor: logic,
};

const FUSED: CaseTable[string] = {
  BiasGelu: [plain(f(3, 4), f(4))],
  FastGelu: [
    { inputs: [f(3, 4)], tolerance: 1e-5 },
    { inputs: [f(3, 4), f(4)], tolerance: 1e-5 },
  ],
  Gelu: [plain(f(3, 4))],
  QuickGelu: [plain(f(3, 4))],
  SkipLayerNormalization: [
    { inputs: [f(1, 3, 20), f(1, 3, 20), f(20), f(20)], tolerance: 1e-5 },
    {
      inputs: [f(1, 3, 20), f(1, 3, 20), f(20), f(20), f(20)],
      attributes: { epsilon: { float: 1e-5 } },
      tolerance: 1e-5,
    },
  ],
};

/** All cases, by domain and operator. */
export const CASES: CaseTable = mergeCases([
  { "": STANDARD, [MICROSOFT]: FUSED },
  MATH,
  QUANT,
  MOVE,
  CONTROL,
  CLASSICAL,
]);
