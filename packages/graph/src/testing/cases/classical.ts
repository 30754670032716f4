/** Cases of `ai.onnx.ml`: small models of each kind. */
import { DType } from "@assay/vm";
import { f, p, scalar, typed, type CaseTable, type InputCase } from "../case.ts";
import type { AttributeValue } from "../onnxBuilder.ts";
import { floats, longs } from "../onnxBuilder.ts";

type Attributes = Record<string, AttributeValue>;
const list = (...values: number[]): AttributeValue => ({ floats: values });
const SPECIAL = [NaN, 0, -0, 1, -1.5, 2.5, Infinity, -Infinity, 1e-40, 3, 0.25, -7];
const specialRows: InputCase = { shape: [4, 3], values: SPECIAL };

/** Two trees over three features, with each kind of comparison; weights by class or target. */
function trees(
  prefix: "class" | "target",
  ids: readonly number[],
  weights: readonly number[],
  modes: readonly string[],
): Attributes {
  return {
    nodes_treeids: [0, 0, 0, 0, 0, 1, 1, 1],
    nodes_nodeids: [0, 1, 2, 3, 4, 0, 1, 2],
    nodes_featureids: [0, 2, 0, 0, 0, 1, 0, 0],
    nodes_values: list(0.1, -0.5, 0, 0, 0, 1, 0, 0),
    nodes_modes: [modes[0], modes[1], "LEAF", "LEAF", "LEAF", modes[2], "LEAF", "LEAF"],
    nodes_truenodeids: [1, 2, 0, 0, 0, 1, 0, 0],
    nodes_falsenodeids: [4, 3, 0, 0, 0, 2, 0, 0],
    nodes_missing_value_tracks_true: [1, 0, 0, 0, 0, 0, 0, 0],
    [`${prefix}_treeids`]: [0, 0, 0, 1, 1],
    [`${prefix}_nodeids`]: [2, 3, 4, 1, 2],
    [`${prefix}_ids`]: ids,
    [`${prefix}_weights`]: list(...weights),
  };
}
const LEQ = ["BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ"];
const MIXED = [
  ["BRANCH_LT", "BRANCH_GTE", "BRANCH_EQ"],
  ["BRANCH_GT", "BRANCH_NEQ", "BRANCH_LT"],
];
const WEIGHTS = [0.5, -0.25, 0.75, 1, -2];
const POSITIVE = [0.5, 0.125, 0.375, 0.25, 0.0625];
const classifier = (ids: number[], weights: number[], labels: number[], more: Attributes = {}): Attributes => ({
  ...trees("class", ids, weights, LEQ),
  classlabels_int64s: labels,
  ...more,
});
const regressor = (modes: readonly string[], more: Attributes = {}): Attributes => ({
  ...trees("target", [0, 0, 0, 0, 0], WEIGHTS, modes),
  n_targets: 1,
  ...more,
});
const rows = f(5, 3);
/** A tree of operator set 5: x0 ≤ 0.5 ? (x1 in {1, 3} ? 10 : 20) : 30, and the same leaf for another root. */
const ensemble: Attributes = {
  n_targets: 2,
  nodes_featureids: [0, 1, 2],
  nodes_splits: { tensor: floats([3], [0.5, 0, -1]) },
  nodes_modes: { tensor: { dtype: DType.UINT8, shape: [3], data: Uint8Array.of(0, 6, 3) } },
  nodes_truenodeids: [1, 0, 1],
  nodes_trueleafs: [0, 1, 1],
  nodes_falsenodeids: [2, 1, 3],
  nodes_falseleafs: [1, 1, 1],
  leaf_targetids: [0, 0, 1, 0],
  leaf_weights: { tensor: floats([4], [10, 20, 30, -1.5]) },
  membership_values: { tensor: floats([2], [1, 3]) },
  tree_roots: [0, 2],
  post_transform: 0,
  aggregate_function: 1,
};
const VECTORS = [1, 0, -1, 0.5, 2, 0.25, -1, -1, 1, 0, 0.5, 0.5];
const KERNELS: Attributes[] = [
  { kernel_type: "LINEAR", kernel_params: list(0, 0, 0) },
  { kernel_type: "RBF", kernel_params: list(0.3, 0, 3) },
  { kernel_type: "POLY", kernel_params: list(0.5, 1, 3) },
  { kernel_type: "SIGMOID", kernel_params: list(0.25, -0.5, 3) },
];
const machine = (kernel: Attributes): Attributes => ({
  ...kernel,
  n_supports: 4,
  coefficients: list(1, -0.5, 0.25, -0.75),
  rho: list(0.125),
  support_vectors: list(...VECTORS),
});
const sorter = (kernel: Attributes, more: Attributes = {}): Attributes => ({
  ...kernel,
  vectors_per_class: [2, 2],
  coefficients: list(1, 0.5, -0.25, -0.75),
  rho: list(0.125),
  support_vectors: list(...VECTORS),
  classlabels_ints: [4, 9],
  ...more,
});
const COEFFICIENTS = [0.5, -1, 0.25, 1, 0.125, -0.75, -0.5, 0.5, 1];

export const CASES: CaseTable = {
  "ai.onnx.ml": {
    ArrayFeatureExtractor: [
      { inputs: [f(2, 5), { shape: [1, 3], dtype: DType.INT64, values: [4, 0, 1] }] },
      { inputs: [f(5), { shape: [1, 2], dtype: DType.INT64, values: [4, 0] }] },
      { inputs: [typed(DType.INT64, [2, 4]), scalar(2)] },
    ],
    Binarizer: [{ inputs: [f(4, 3)] }, { inputs: [f(2, 5)], attributes: { threshold: { float: 0.25 } } }],
    CategoryMapper: [
      {
        // onnxruntime gives strings: here their indices.
        inputs: [{ shape: [2, 2], dtype: DType.INT64, values: [7, 5, 9, 5] }],
        attributes: { cats_int64s: [5, 7], cats_strings: ["five", "seven"], default_string: "none" },
        declared: [8],
        expected: [{ shape: [2, 2], dtype: DType.INT64, values: [1, 0, 2, 0] }],
      },
    ],
    FeatureVectorizer: [
      { inputs: [f(2, 3), f(2, 1)], attributes: { inputdimensions: [3, 1] } },
      { inputs: [f(2, 3), f(2, 4)], attributes: { inputdimensions: [3, 4] } },
    ],
    Imputer: [
      {
        inputs: [specialRows],
        attributes: { imputed_value_floats: list(1, 2, 3), replaced_value_float: { float: NaN } },
      },
      { inputs: [specialRows], attributes: { imputed_value_floats: list(9), replaced_value_float: { float: 1 } } },
      {
        inputs: [typed(DType.INT64, [3, 2], [0, 4])],
        attributes: { imputed_value_int64s: [7, 8], replaced_value_int64: 2 },
      },
    ],
    LabelEncoder: [
      {
        inputs: [typed(DType.INT64, [2, 4], [0, 5])],
        attributes: { keys_int64s: [1, 3, 4], values_int64s: [10, -30, 40], default_int64: 7 },
      },
      {
        inputs: [specialRows],
        attributes: { keys_floats: list(1, NaN, 0), values_floats: list(0.5, -2, 8), default_float: { float: 0.25 } },
      },
      {
        inputs: [typed(DType.INT64, [4], [0, 3])],
        attributes: {
          keys_tensor: { tensor: longs([2], [1, 2]) },
          values_tensor: { tensor: floats([2], [0.5, 1.5]) },
          default_tensor: { tensor: floats([1], [-1]) },
        },
        opset: 4,
      },
    ],
    LinearClassifier: [
      // As many scores as intercepts: the coefficients beyond theirs are not read.
      {
        inputs: [f(3, 2)],
        attributes: {
          coefficients: list(...COEFFICIENTS),
          intercepts: list(0.5, -0.25, 0),
          classlabels_ints: [3, 5, 8],
          post_transform: "LOGISTIC",
        },
        outputs: 2,
        tolerance: 1e-5,
      },
      {
        inputs: [rows],
        attributes: {
          coefficients: list(...COEFFICIENTS),
          intercepts: list(0.5, -0.25, 0),
          classlabels_ints: [3, 5, 8],
        },
        outputs: 2,
      },
      ...["SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"].map((post_transform) => ({
        inputs: [rows],
        attributes: {
          coefficients: list(...COEFFICIENTS),
          intercepts: list(0.5, -0.25, 0),
          classlabels_ints: [0, 1, 2],
          post_transform,
        },
        outputs: 2,
        tolerance: 1e-5,
      })),
      ...["NONE", "LOGISTIC"].map((post_transform) => ({
        inputs: [rows],
        attributes: {
          coefficients: list(...COEFFICIENTS.slice(0, 6).map((value, i) => (i < 3 ? -value : value))),
          intercepts: list(-0.5, 0.5),
          classlabels_ints: [0, 1],
          multi_class: 1,
          post_transform,
        },
        outputs: 2,
      })),
    ],
    LinearRegressor: [
      { inputs: [rows], attributes: { coefficients: list(0.5, -1, 0.25), intercepts: list(2), targets: 1 } },
      { inputs: [rows], attributes: { coefficients: list(...COEFFICIENTS), targets: 3 } },
    ],
    Normalizer: ["MAX", "L1", "L2"].map((norm) => ({ inputs: [p(3, 20)], attributes: { norm } })),
    OneHotEncoder: [
      { inputs: [typed(DType.INT64, [2, 3], [0, 5])], attributes: { cats_int64s: [1, 2, 4] } },
      { inputs: [{ shape: [4], values: [1, 4, 0, 2] }], attributes: { cats_int64s: [0, 1, 2] } },
    ],
    SVMClassifier: [
      ...KERNELS.map((kernel) => ({ inputs: [rows], attributes: sorter(kernel), outputs: 2, tolerance: 1e-5 })),
      {
        inputs: [rows],
        attributes: sorter(KERNELS[1], { prob_a: list(-1.5), prob_b: list(0.25) }),
        outputs: 2,
        // onnxruntime iterates towards the probability and stops early.
        tolerance: 5e-3,
      },
      {
        inputs: [rows],
        attributes: {
          ...KERNELS[1],
          vectors_per_class: [1, 2, 1],
          coefficients: list(1, 0.5, -0.25, -0.75, 0.25, -1, 0.75, -0.5),
          rho: list(0.125, -0.25, 0.5),
          support_vectors: list(...VECTORS),
          classlabels_ints: [0, 1, 2],
        },
        outputs: 2,
        tolerance: 1e-5,
      },
    ],
    SVMRegressor: [
      ...KERNELS.map((kernel) => ({ inputs: [rows], attributes: machine(kernel), tolerance: 1e-5 })),
      { inputs: [rows], attributes: { ...machine(KERNELS[1]), one_class: 1 } },
    ],
    Scaler: [
      { inputs: [f(3, 4)], attributes: { offset: list(1, 2, 3, 4), scale: list(0.5, 2, 1, -1) } },
      { inputs: [typed(DType.INT64, [3, 4])], attributes: { offset: list(2), scale: list(0.5) } },
    ],
    TreeEnsemble: [
      {
        inputs: [{ shape: [4, 3], values: [0, 1, -2, 0.5, 2, 0, 1, 3, -1, NaN, 3, NaN] }],
        attributes: ensemble,
        opset: 5,
      },
    ],
    TreeEnsembleClassifier: [
      { inputs: [rows], attributes: classifier([0, 1, 2, 1, 0], POSITIVE, [2, 4, 7]), outputs: 2 },
      ...["SOFTMAX", "LOGISTIC"].map((post_transform) => ({
        inputs: [rows],
        attributes: classifier([0, 1, 2, 1, 0], WEIGHTS, [0, 1, 2], {
          post_transform,
          base_values: list(0.5, 0.25, -1),
        }),
        outputs: 2,
        tolerance: 1e-5,
      })),
      {
        inputs: [rows],
        attributes: classifier([0, 0, 0, 0, 0], WEIGHTS, [0, 1], { post_transform: "LOGISTIC" }),
        outputs: 2,
      },
      { inputs: [rows], attributes: classifier([0, 0, 0, 0, 0], POSITIVE, [5, 6]), outputs: 2 },
      {
        inputs: [rows],
        attributes: classifier([0, 0, 0, 0, 0], WEIGHTS, [5, 6], { base_values: list(0.5) }),
        outputs: 2,
      },
      { inputs: [specialRows], attributes: classifier([1, 1, 1, 1, 1], POSITIVE, [0, 1]), outputs: 2 },
      {
        inputs: [rows],
        attributes: classifier([1, 1, 1, 1, 1], WEIGHTS, [0, 1], { post_transform: "LOGISTIC" }),
        outputs: 2,
      },
      ...(
        [
          [POSITIVE, [0.5, 0.25, 0.4375, 0, 0, 0.375, 0.5625, 0], [0, 0, 1, 0]],
          [WEIGHTS, [0.5, 1, -1.25, 0, 0, 0.75, -1.5, 0], [1, 1, 1, 1]],
        ] as const
      ).map(([weights, scores, labels]) => ({
        // By ONNX's reference: onnxruntime writes scores of two classes over each other.
        inputs: [{ shape: [4, 3], dtype: DType.INT64, values: [0, 1, -1, 1, 2, 3, 0, 0, 0, 0, 2, -1] }],
        attributes: classifier([0, 1, 0, 1, 0], [...weights], [0, 1]),
        outputs: 2,
        expected: [
          { shape: [4], dtype: DType.INT64, values: labels },
          { shape: [4, 2], values: scores },
        ],
      })),
    ],
    TreeEnsembleRegressor: [
      { inputs: [specialRows], attributes: regressor(LEQ) },
      ...MIXED.map((modes) => ({ inputs: [specialRows], attributes: regressor(modes) })),
      ...["AVERAGE", "MIN", "MAX"].map((aggregate_function) => ({
        inputs: [rows],
        attributes: regressor(LEQ, { aggregate_function, base_values: list(0.5) }),
      })),
      { inputs: [rows], attributes: { ...regressor(LEQ), target_ids: [0, 1, 0, 1, 1], n_targets: 2 } },
    ],
    ZipMap: [
      {
        // The map is dropped: the scores themselves.
        inputs: [{ shape: [2, 2], values: [0.25, 0.75, 0.5, 0.5] }],
        attributes: { classlabels_int64s: [0, 1] },
        expected: [{ shape: [2, 2], values: [0.25, 0.75, 0.5, 0.5] }],
      },
    ],
  },
};
