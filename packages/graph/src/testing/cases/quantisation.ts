/** Cases of quantisation. Byte products stay small, for onnxruntime saturates them on some machines. */
import { DType } from "@assay/vm";
import { QONNX } from "../../lowering/qonnx.ts";
import { MICROSOFT } from "../../operator.ts";
import { f, p, scalar, typed, type CaseTable, type InputCase, type OperatorCase } from "../case.ts";

const u8 = (...shape: number[]): InputCase => typed(DType.UINT8, shape, [90, 150]);
const s8 = (...shape: number[]): InputCase => typed(DType.INT8, shape, [-40, 40]);
const scale = (value: number): InputCase => scalar(value, DType.FLOAT32);
const zero = (value: number, dtype: number = DType.UINT8): InputCase => scalar(value, dtype);
/** Scales that are powers of two, so that no rounding hides a tie. */
const scales = (...values: number[]): InputCase => ({ shape: [values.length], values });
const fixed = (input: InputCase): InputCase => ({ ...input, constant: true });
const int32 = (...shape: number[]): InputCase => typed(DType.INT32, shape, [-900, 900]);

const QuantizeLinear: OperatorCase[] = [
  { inputs: [f(3, 4), scale(0.25), zero(3, DType.INT16)], opset: 21 },
  { inputs: [f(3, 4), scale(0.0001)], attributes: { output_dtype: DType.UINT16 }, opset: 21 },
  { inputs: [f(3, 5), p(3, 3), typed(DType.UINT8, [3, 3])], attributes: { axis: 1, block_size: 2 }, opset: 21 },
  { inputs: [f(4, 3), p(2, 3)], attributes: { axis: 0, block_size: 2, output_dtype: DType.INT8 }, opset: 21 },
  // onnxruntime has no int32 here.
  {
    inputs: [{ ...typed(DType.INT32, [5]), values: [-3000, 12, 20, 28, 3000] }, scale(8), zero(-3, DType.INT8)],
    opset: 23,
    expected: [{ shape: [5], dtype: DType.INT8, values: [-128, -1, -1, 1, 127] }],
  },
];
const DequantizeLinear: OperatorCase[] = [
  { inputs: [typed(DType.INT32, [3, 4], [-90000, 90000]), scale(0.01)] },
  { inputs: [typed(DType.UINT16, [3, 4], [0, 65535]), scale(0.01), zero(1000, DType.UINT16)], opset: 21 },
  { inputs: [u8(3, 5), p(3, 3), typed(DType.UINT8, [3, 3])], attributes: { axis: 1, block_size: 2 }, opset: 21 },
  { inputs: [s8(4, 2, 3), p(2, 2, 3)], attributes: { axis: 0, block_size: 3 }, opset: 21 },
];
/** Those that onnxruntime's own operator has too: no blocks, and types by the zero point alone. */
const microsoft = (cases: OperatorCase[]): OperatorCase[] =>
  cases.filter(({ attributes, opset }) => attributes === undefined && opset !== 23).map(({ inputs }) => ({ inputs }));

const MatMulInteger: OperatorCase[] = [
  { inputs: [u8(3, 4), s8(4, 2), zero(120), zero(2, DType.INT8)] },
  { inputs: [u8(2, 3, 4), u8(4, 2), zero(120), typed(DType.UINT8, [2], [100, 120])] },
  { inputs: [u8(2, 3, 4), u8(2, 4, 2), zero(120), typed(DType.UINT8, [2, 1, 2], [100, 120])] },
];

const convolution = [u8(1, 2, 5, 5), scale(0.5), zero(120)];
const QLinearConv: OperatorCase[] = [
  { inputs: [...convolution, s8(3, 2, 3, 3), scale(0.25), zero(0, DType.INT8), scale(32), zero(128)] },
  {
    inputs: [
      ...convolution,
      ...[s8(4, 1, 3, 3), scales(0.25, 0.5, 1, 2), { ...typed(DType.INT8, [4]), values: [0, 0, 0, 0] }].map(fixed),
      ...[scale(16), zero(128), fixed(int32(4))],
    ],
    attributes: { group: 2, pads: [1, 1, 0, 0], strides: [2, 1] },
  },
];

const QLinearMatMul: OperatorCase[] = [
  {
    inputs: [u8(2, 3, 4), scale(0.5), zero(120), s8(4, 2), scale(0.25), zero(0, DType.INT8), scale(8), zero(100)],
  },
];

const pair = (first: InputCase, second: InputCase): InputCase[] => [
  ...[first, scale(0.5), zero(120)],
  ...[second, scale(0.25), zero(110)],
];
const one = (input: InputCase): InputCase[] => [input, scale(0.0625), zero(120)];

const [time, batch, size, hidden] = [4, 3, 5, 6];
/** X, W, R, B, lengths, first states and peepholes, then scales and zero points: one for all, or one for each column. */
const lstm = (directions: number, more: readonly (InputCase | undefined)[], each: boolean, signed = true) => {
  const width = 4 * hidden;
  const of = each ? [directions, width] : [directions];
  const weights = (inputs: number) => fixed((signed ? s8 : u8)(directions, inputs, width));
  const type = signed ? DType.INT8 : DType.UINT8;
  const columns = [
    fixed({ shape: of, range: [0.005, 0.02] }),
    fixed({ ...typed(type, of), values: new Array<number>(directions * width).fill(signed ? 0 : 120) }),
  ];
  const given = Array.from({ length: 5 }, (_, i) => more[i]);
  return [f(time, batch, size), weights(size), weights(hidden), ...given, ...columns, ...columns];
};
const biases = (directions: number): InputCase => fixed(f(directions, 8 * hidden));
const states = (directions: number): InputCase[] => [f(directions, batch, hidden), f(directions, batch, hidden)];
const lengths = (...values: number[]): InputCase => ({ ...typed(DType.INT32, [batch]), values });
const DynamicQuantizeLSTM: OperatorCase[] = [
  { inputs: lstm(1, [biases(1)], false) },
  { inputs: lstm(1, [biases(1), undefined, ...states(1)], true), attributes: { direction: "reverse" } },
  { inputs: lstm(2, [biases(2), undefined, ...states(2)], true), attributes: { direction: "bidirectional" } },
  { inputs: lstm(2, [undefined, undefined], false, false), attributes: { direction: "bidirectional" } },
  { inputs: lstm(1, [biases(1), lengths(3, 1, 2), ...states(1), fixed(f(1, 3 * hidden))], true, false) },
].map(({ inputs, attributes }) => ({
  inputs,
  attributes: { ...attributes, hidden_size: hidden },
  outputs: 3,
  tolerance: 1e-5,
}));

const packed = (...shape: number[]): InputCase => fixed(typed(DType.UINT8, shape, [0, 256]));

/** Halves, which lie between the integers, at the ends of their ranges too; with what QONNX's formula makes of them. */
const HALVES = [-9, -2.5, -1.75, -0.5, 0.5, 0.75, 1.5, 2.5, 9];
const width = (bits: number): InputCase => scalar(bits, DType.FLOAT32);
const quant = (
  bits: number,
  attributes: OperatorCase["attributes"],
  values: readonly number[],
  [size, offset] = [1, 0],
): OperatorCase => ({
  inputs: [{ shape: [HALVES.length], values: HALVES }, scale(size), scale(offset), width(bits)],
  attributes,
  expected: [{ shape: [HALVES.length], values }],
});

export const CASES: CaseTable = {
  [QONNX]: {
    BipolarQuant: [
      {
        inputs: [{ shape: [4], values: [-0.1, -0, 0, 3] }, scale(0.5)],
        expected: [{ shape: [4], values: [-0.5, 0.5, 0.5, 0.5] }],
      },
    ],
    Quant: [
      quant(3, { signed: 1, narrow: 0, rounding_mode: "ROUND" }, [-4, -2, -2, -0, 0, 1, 2, 2, 3]),
      quant(3, { signed: 1, narrow: 1, rounding_mode: "CEIL" }, [-3, -2, -1, -0, 1, 1, 2, 3, 3]),
      quant(3, { signed: 0, narrow: 0, rounding_mode: "FLOOR" }, [0, 0, 0, 0, 0, 0, 1, 2, 7]),
      quant(3, { signed: 0, narrow: 1, rounding_mode: "ROUND_TO_ZERO" }, [0, 0, 0, 0, 0, 0, 1, 2, 6]),
      quant(8, { signed: 1, narrow: 1 }, [-9, -2.5, -1.75, -0.5, 0.5, 0.75, 1.5, 2.5, 9], [0.25, 3]),
      quant(1, { signed: 1, narrow: 0 }, [-2, -2, -2, -2, 2, 2, 2, 2, 2], [2, 0]),
      {
        // A scale for each row.
        inputs: [{ shape: [2, 2], values: [1, -3, 1, -3] }, { shape: [2, 1], values: [1, 2] }, scale(0), width(2)],
        attributes: { signed: 1, narrow: 1 },
        expected: [{ shape: [2, 2], values: [1, -1, 0, -2] }],
      },
    ],
  },
  "": { DequantizeLinear, MatMulInteger, QLinearConv, QLinearMatMul, QuantizeLinear },
  [MICROSOFT]: {
    DequantizeLinear: microsoft(DequantizeLinear),
    DynamicQuantizeLSTM,
    DynamicQuantizeMatMul: [
      { inputs: [f(3, 8), fixed(s8(8, 4)), scale(0.02)], tolerance: 1e-5 },
      {
        inputs: [f(2, 3, 8), fixed(s8(8, 4)), fixed(p(4)), fixed(typed(DType.INT8, [4], [-3, 3])), fixed(f(4))],
        tolerance: 1e-5,
      },
    ],
    MatMulIntegerToFloat: [
      { inputs: [u8(3, 4), s8(4, 2), scale(0.3), scale(0.1), zero(120), zero(2, DType.INT8)] },
      { inputs: [u8(2, 3, 4), fixed(s8(4, 2)), scale(0.3), fixed(p(2)), zero(120), undefined, fixed(f(2))] },
    ],
    MatMulNBits: [
      {
        inputs: [f(3, 32), packed(5, 2, 8), fixed(p(10))],
        attributes: { K: 32, N: 5, bits: 4, block_size: 16 },
      },
      {
        inputs: [f(2, 2, 70), packed(3, 3, 16), fixed(p(9)), packed(6)],
        attributes: { K: 70, N: 3, bits: 4, block_size: 32 },
      },
      {
        inputs: [f(2, 32), packed(3, 2, 16), fixed(p(6)), packed(6), undefined, fixed(f(3))],
        attributes: { K: 32, N: 3, bits: 8, block_size: 16 },
      },
    ].map((test) => ({ tolerance: 1e-4, ...test })),
    QAttention: [
      {
        inputs: [u8(1, 3, 8), fixed(s8(8, 24)), fixed(f(24)), scale(0.05), scale(0.01), undefined, zero(120)],
        attributes: { num_heads: 2 },
        tolerance: 1e-5,
      },
      {
        inputs: [
          ...[u8(1, 2, 8), fixed(s8(8, 24)), fixed(f(24)), scale(0.05), scale(0.01)],
          ...[undefined, zero(120), zero(1, DType.INT8), f(2, 1, 2, 3, 4)],
        ],
        attributes: { num_heads: 2, unidirectional: 1 },
        outputs: 2,
        tolerance: 1e-5,
      },
    ],
    QGemm: [
      {
        inputs: [u8(3, 4), scale(0.5), zero(120), s8(4, 2), scale(0.25), zero(0, DType.INT8), int32(3, 2)],
      },
      {
        inputs: [
          ...[
            u8(4, 3),
            scale(0.5),
            zero(120),
            s8(2, 4),
            fixed(scales(0.25, 0.5)),
            fixed(typed(DType.INT8, [2], [0, 1])),
          ],
          ...[fixed(int32(2)), scale(16), zero(90)],
        ],
        attributes: { transA: 1, transB: 1, alpha: { float: 2 } },
      },
    ],
    QLinearAdd: [{ inputs: [...pair(u8(2, 3), u8(3)), scale(1), zero(100)] }],
    QLinearAveragePool: [
      { inputs: [...one(u8(1, 2, 5, 5)), scale(0.125), zero(100)], attributes: { kernel_shape: [2, 2] } },
      {
        inputs: [...one(u8(1, 2, 5, 5)), scale(0.125), zero(100)],
        attributes: { kernel_shape: [3, 2], pads: [1, 1, 1, 0], strides: [2, 2] },
      },
    ],
    QLinearConcat: [
      {
        inputs: [scale(0.25), zero(100), u8(2, 3), scale(0.125), zero(120), u8(2, 2), scale(0.25), zero(100)],
        attributes: { axis: 1 },
      },
    ],
    QLinearGlobalAveragePool: [
      { inputs: [...one(u8(2, 3, 4, 4)), scale(0.125), zero(100)] },
      { inputs: [...one(u8(2, 4, 4, 3)), scale(0.125), zero(100)], attributes: { channels_last: 1 } },
    ],
    QLinearLeakyRelu: [
      { inputs: [...one(u8(3, 4)), scale(0.0625), zero(100)], attributes: { alpha: { float: 0.25 } } },
    ],
    QLinearMul: [{ inputs: [...pair(u8(2, 3), u8(3)), scale(2), zero(100)] }],
    QLinearSigmoid: [{ inputs: [...one(u8(3, 4)), scale(0.00390625), zero(0)] }],
    QLinearSoftmax: [
      { inputs: [...one(u8(3, 4)), scale(0.00390625), zero(0)], attributes: { opset: 13, axis: -1 } },
      { inputs: [...one(u8(3, 4)), scale(0.00390625), zero(0)], attributes: { opset: 12, axis: 0 } },
    ],
    QLinearWhere: [{ inputs: [typed(DType.BOOL, [2, 3], [0, 2]), ...pair(u8(2, 3), u8(3)), scale(0.25), zero(100)] }],
    QuantizeLinear: microsoft(QuantizeLinear),
  },
};
