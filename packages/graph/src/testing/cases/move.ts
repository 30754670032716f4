/** Cases of operators for data movement, selection and sorting. */
import { DType } from "@assay/vm";
import { MICROSOFT } from "../../operator.ts";
import { bools, f, longs, scalar, specials, typed, type CaseTable, type InputCase } from "../case.ts";

const constant = (shape: readonly number[], values: readonly number[], dtype: number = DType.FLOAT32): InputCase => ({
  shape,
  values,
  dtype,
  constant: true,
});
const ints = (dtype: number, ...shape: number[]): InputCase => typed(dtype, shape, [0, 9]);
const TIES = [3, 1, -0, 0, 3, 3, -2, 1, 0, -0];
const BOXES = [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11, 0, 10.1, 1, 11.1, 0, 100, 1, 101];
const SCORES = [0.9, 0.75, 0.6, 0.95, 0.5, 0.3];
const least = (count: number): InputCase => scalar(count, DType.INT64);
const chosen = (...places: number[]) => [{ shape: [places.length / 3, 3], dtype: DType.INT64, values: places }];

export const CASES: CaseTable = {
  "": {
    Compress: [
      { inputs: [f(3, 2), constant([3], [0, 1, 1], DType.BOOL)], attributes: { axis: 0 } },
      { inputs: [f(3, 2), constant([2], [0, 1], DType.BOOL)], attributes: { axis: -1 } },
      { inputs: [f(3, 2), constant([5], [0, 1, 0, 0, 1], DType.BOOL)] },
    ],
    Crop: [
      { inputs: [f(2, 1, 5, 6)], attributes: { border: [1, 2, 3, 0] }, opset: 9 },
      { inputs: [f(1, 2, 5, 6)], attributes: { border: [1, 2, 0, 0], scale: [3, 4] }, opset: 9 },
    ],
    NonMaxSuppression: [
      {
        inputs: [constant([1, 6, 4], BOXES), constant([1, 1, 6], SCORES), least(3), scalar(0.5, 1), scalar(0, 1)],
        // Those of ONNX's test "suppress_by_IOU".
        expected: chosen(0, 0, 3, 0, 0, 0, 0, 0, 5),
      },
      {
        inputs: [constant([1, 6, 4], BOXES), constant([1, 1, 6], SCORES), least(2), scalar(0.5, 1), scalar(0, 1)],
      },
      {
        inputs: [
          constant([1, 3, 4], [0.5, 0.5, 1, 1, 0.5, 0.6, 1, 1, 0.5, 10.5, 1, 1]),
          constant([1, 2, 3], [0.9, 0.75, 0.6, 0.2, 0.9, 0.4]),
          least(3),
          scalar(0.5, 1),
          scalar(0.3, 1),
        ],
        attributes: { center_point_box: 1 },
      },
    ],
    NonZero: [
      { inputs: [constant([2, 3], [1, 0, -2, 0, 0, 0.5])] },
      { inputs: [constant([2, 2], [1, 0, 1, 1], DType.BOOL)] },
    ],
    OptionalGetElement: [{ inputs: [f(3)], opset: 18 }],
    OptionalHasElement: [{ inputs: [f(3)], opset: 18 }],
    Pad: [
      { inputs: [f(3, 4, 2), longs(1, 2), undefined, longs(-2)], opset: 18 },
      { inputs: [f(2, 4), longs(0, 2, 0, 3), scalar(2.5, DType.FLOAT32)], opset: 13 },
      { inputs: [f(2, 4)], attributes: { pads: [1, 0, 0, 2], value: { float: 1.5 } }, opset: 9 },
      { inputs: [ints(DType.INT32, 3, 3), longs(1, 0, 0, 1), scalar(-7, DType.INT32)] },
      { inputs: [f(4, 5), longs(-1, 2, -1, 3)], attributes: { mode: "edge" } },
      { inputs: [f(4, 5), longs(2, 2, -1, 1)], attributes: { mode: "reflect" } },
      {
        // Mirrors of mirrors, as numpy has them; onnxruntime refuses.
        inputs: [{ shape: [3], values: [1, 2, 3] }, longs(5, 4)],
        attributes: { mode: "reflect" },
        expected: [{ shape: [12], values: [2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3] }],
      },
      {
        inputs: [{ shape: [3], values: [1, 2, 3] }, longs(4, 5)],
        attributes: { mode: "wrap" },
        opset: 19,
        expected: [{ shape: [12], values: [3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2] }],
      },
    ],
    Range: [
      { inputs: [scalar(1, 1), scalar(2.05, 1), scalar(0.25, 1)] },
      { inputs: [scalar(3, 1), scalar(-1, 1), scalar(-0.75, 1)] },
      { inputs: [scalar(3, DType.INT16), scalar(9, DType.INT16), scalar(2, DType.INT16)] },
    ],
    ReverseSequence: [
      { inputs: [f(4, 3, 2), { shape: [3], dtype: DType.INT64, values: [4, 1, 3] }] },
      {
        inputs: [f(3, 4), { shape: [3], dtype: DType.INT64, values: [4, 2, 3] }],
        attributes: { time_axis: 1, batch_axis: 0 },
      },
    ],
    Scatter: [
      {
        inputs: [f(3, 4), { shape: [2, 3], dtype: DType.INT64, values: [0, 2, -1, 1, 1, 0] }, f(2, 3)],
        opset: 10,
      },
    ],
    ScatterElements: [
      {
        inputs: [
          typed(DType.INT64, [2, 5], [-9, 9]),
          { shape: [2, 4], dtype: DType.INT32, values: [4, 0, 4, -1, 2, 2, -3, 1] },
          typed(DType.INT64, [2, 4], [-9, 9]),
        ],
        attributes: { axis: -1, reduction: "min" },
        opset: 18,
      },
      {
        inputs: [bools(4), { shape: [2], dtype: DType.INT64, values: [1, -1] }, bools(2)],
        opset: 16,
      },
    ],
    ScatterND: [
      ...(["add", "max", "min"] as const).map((reduction) => ({
        inputs: [f(4, 3), { shape: [4, 1], dtype: DType.INT64, values: [3, 0, 3, -1] }, f(4, 3)],
        attributes: { reduction },
        opset: 18,
      })),
      // Places that are constants: each once, and one of them twice.
      ...(["none", "add", "mul"] as const).flatMap((reduction) =>
        [
          [3, 0, -3],
          [3, 0, -1],
        ].map((values) => ({
          inputs: [f(4, 3), { shape: [3, 1], dtype: DType.INT64, values, constant: true }, f(3, 3)],
          attributes: { reduction },
          opset: 18,
        })),
      ),
      {
        inputs: [f(2, 3, 4), { shape: [2, 2], dtype: DType.INT64, values: [1, 2, 0, -1], constant: true }, f(2, 4)],
        opset: 16,
      },
    ],
    TfIdfVectorizer: (["TF", "IDF", "TFIDF"] as const).map((mode) => ({
      inputs: [{ shape: [2, 6], dtype: DType.INT32, values: [1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8] }],
      attributes: {
        mode,
        min_gram_length: 1,
        max_gram_length: 2,
        max_skip_count: 3,
        ngram_counts: [0, 4],
        ngram_indexes: [0, 1, 2, 4, 3, 5, 6],
        pool_int64s: [2, 3, 5, 4, 5, 6, 7, 8, 6, 7],
        weights: { floats: [0.5, 2, 1, -1, 0.25, 3, 1.5] },
      },
    })),
    TopK: [
      { inputs: [f(3, 20), longs(4)], outputs: 2 },
      { inputs: [f(3, 20, 2), longs(20)], attributes: { axis: 1, largest: 0 }, outputs: 2 },
      { inputs: [{ shape: [10], values: TIES }, longs(7)], outputs: 2 },
      { inputs: [{ shape: [10], values: TIES }, longs(10)], attributes: { largest: 0 }, outputs: 2 },
      { inputs: [f(5, 2)], attributes: { axis: 0, k: 3 }, outputs: 2, opset: 9 },
      { inputs: [f(2, 9), longs(3)], outputs: 2, opset: 10 },
      { inputs: [typed(DType.INT64, [2, 150], [-30, 30]), longs(90)], outputs: 2 },
      { inputs: [f(2, 131), longs(131)], attributes: { largest: 0 }, outputs: 2 },
      { inputs: [f(70, 3), longs(65)], attributes: { axis: 0 }, outputs: 2 },
      // Axes that are searched block by block.
      { inputs: [typed(DType.INT64, [2, 1300], [-3, 3]), longs(40)], outputs: 2 },
      { inputs: [f(520, 3), longs(64)], attributes: { axis: 0, largest: 0 }, outputs: 2 },
      {
        // NaN counts as greatest, -0 as +0: numpy's order, where onnxruntime has none.
        inputs: [{ shape: [6], values: [1, NaN, -0, 0, Infinity, NaN] }, longs(6)],
        outputs: 2,
        expected: [
          { shape: [6], values: [NaN, NaN, Infinity, 1, -0, 0] },
          { shape: [6], dtype: DType.INT64, values: [1, 5, 4, 0, 2, 3] },
        ],
      },
    ],
    Unique: [
      { inputs: [constant([7], [2, 1, 1, 3, 4, 3, -0])], outputs: 4 },
      { inputs: [constant([7], [2, 1, 1, 3, 4, 3, -5])], attributes: { sorted: 0 }, outputs: 4 },
      { inputs: [constant([3, 3], [1, 0, 0, 1, 0, 0, 2, 3, 4])], attributes: { axis: 0 }, outputs: 4 },
      {
        inputs: [constant([2, 3], [5, 4, 5, -1, 2, -1], DType.INT64)],
        attributes: { axis: -1, sorted: 0 },
        outputs: 4,
      },
    ],
    Trilu: [{ inputs: [typed(DType.INT64, [3, 3], [1, 9]), scalar(1)] }, { inputs: [f(2, 3, 3), scalar(9)] }],
    Cast: [
      {
        inputs: [{ shape: [6], values: [-9, -8.5, 7.9, 8, 15, -1] }],
        attributes: { to: DType.INT4 },
        opset: 21,
        expected: [{ shape: [6], dtype: DType.INT4, values: [7, -8, 7, -8, -1, -1] }],
      },
      { inputs: [specials], attributes: { to: DType.BOOL } },
    ],
  },
  [MICROSOFT]: {
    ExpandDims: [{ inputs: [f(2, 3), scalar(1, DType.INT32)] }, { inputs: [f(2, 3), scalar(-1, DType.INT32)] }],
    Trilu: [{ inputs: [f(4, 5)] }, { inputs: [f(2, 4, 5), scalar(-1)], attributes: { upper: 0 } }],
  },
};
