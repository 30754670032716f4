/** Cases of what onnxruntime fuses: normalisation with skips and embeddings, products and convolutions with activations. */
import { DType } from "@assay/vm";
import { MICROSOFT } from "../../operator.ts";
import { f, p, typed, type CaseTable, type InputCase } from "../case.ts";

const fixed = (input: InputCase): InputCase => ({ ...input, constant: true });
const ids = (shape: readonly number[], greatest: number): InputCase => typed(DType.INT32, shape, [0, greatest]);
const tables = [f(9, 8), f(6, 8), f(2, 8), f(8), f(8)].map(fixed);
const given = (shape: readonly number[], ...values: number[]): InputCase => ({ shape, values });
const columns = given([1, 2, 4], 0.5, -1, 2, 0.25, 1.5, -0.75, 3, -2);
const bias = given([4], 0.1, -0.2, 0.3, 0.4);
const tolerance = 1e-5;

export const CASES: CaseTable = {
  "": {
    SimplifiedLayerNormalization: [
      { inputs: [f(3, 20), f(20)], attributes: { epsilon: { float: 1e-5 } }, tolerance },
      { inputs: [f(2, 3, 4), f(3, 4)], attributes: { axis: 1 }, tolerance },
    ],
  },
  [MICROSOFT]: {
    // onnxruntime has these three on other devices only: expected values in binary64.
    BiasAdd: [
      {
        inputs: [columns, bias, given([1, 2, 4], 1, 2, 3, 4, 5, 6, 7, 8)],
        expected: [{ shape: [1, 2, 4], values: [1.6, 0.8, 5.3, 4.65, 6.6, 5.05, 10.3, 6.4] }],
      },
    ],
    BiasSplitGelu: [
      {
        inputs: [columns, bias],
        expected: [
          {
            shape: [1, 2, 2],
            values: [1.3652007579803467, -0.5788800120353699, 5.277447700500488, 0.08329492062330246],
          },
        ],
      },
    ],
    GroupNorm: [
      {
        inputs: [
          given([1, 3, 1, 4], 0.5, -1, 2, 0.25, 1.5, -0.75, 3, -2, 1, 0, -3, 0.125),
          given([4], 1, 2, 0.5, -1),
          given([4], 0, 1, -0.5, 0.25),
        ],
        attributes: { groups: 2, activation: 1 },
        expected: [
          {
            shape: [1, 3, 1, 4],
            values: [
              0.1893496811389923, -0.26250219345092773, -0.01725010573863983, 0.08639948070049286, 1.1681004762649536,
              -0.2763243615627289, 0.11286310106515884, 0.9614529609680176, 0.6263759136199951, 0.3368355333805084,
              -0.2782529592514038, 0.1220560222864151,
            ],
          },
        ],
        tolerance,
      },
    ],
    EmbedLayerNormalization: [
      {
        inputs: [ids([2, 4], 9), ids([2, 4], 2), ...tables, ids([2, 4], 2)],
        outputs: 2,
        tolerance,
      },
      {
        inputs: [
          ids([2, 4], 9),
          undefined,
          tables[0],
          tables[1],
          undefined,
          tables[3],
          tables[4],
          undefined,
          ids([1, 4], 6),
        ],
        outputs: 3,
        tolerance,
      },
    ],
    FusedConv: [
      { inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3)], attributes: { activation: "Relu" }, tolerance },
      {
        inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3), f(1, 3, 3, 3)],
        attributes: { activation: "LeakyRelu", activation_params: { floats: [0.25] } },
        tolerance,
      },
      {
        inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3)],
        attributes: { activation: "Clip", activation_params: { floats: [-0.5, 2] } },
        tolerance,
      },
    ],
    FusedGemm: [
      { inputs: [f(3, 4), f(4, 5), f(5)], attributes: { activation: "Relu" }, tolerance },
      {
        inputs: [f(3, 4), f(5, 4), f(5)],
        attributes: { activation: "LeakyRelu", activation_alpha: { float: 0.25 }, transB: 1, alpha: { float: 0.5 } },
        tolerance,
      },
    ],
    FusedMatMul: [
      { inputs: [f(2, 4, 3), f(2, 5, 4)], attributes: { transA: 1, transB: 1, alpha: { float: 0.5 } }, tolerance },
      { inputs: [f(3, 2, 4), f(2, 4, 5)], attributes: { transBatchA: 1 }, tolerance },
      { inputs: [f(2, 3, 4), f(5, 2, 4)], attributes: { transBatchB: 1, transB: 1 }, tolerance },
    ],
    GatherBlockQuantized: [
      {
        inputs: [
          fixed(typed(DType.UINT8, [5, 16], [0, 256])),
          { ...typed(DType.INT64, [2, 2]), values: [0, 4, -1, 2] },
          fixed(p(5, 2)),
          fixed(typed(DType.UINT8, [5, 1], [0, 256])),
        ],
        attributes: { block_size: 16 },
      },
      {
        inputs: [
          fixed(typed(DType.UINT8, [5, 8], [0, 256])),
          { ...typed(DType.INT64, [3]), values: [0, 4, 2] },
          fixed(p(5, 1)),
        ],
        attributes: { block_size: 16 },
      },
      {
        inputs: [
          fixed(typed(DType.INT4, [5, 32], [-8, 8])),
          { ...typed(DType.INT32, [3]), values: [0, 4, 2] },
          fixed(p(5, 2)),
        ],
        attributes: { block_size: 16 },
      },
    ],
    SkipLayerNormalization: [{ inputs: [f(2, 3, 20), f(1, 3, 20), f(20), f(20), f(20)], outputs: 1, tolerance }],
    SkipSimplifiedLayerNormalization: [
      { inputs: [f(1, 3, 20), f(1, 3, 20), f(20)], tolerance },
      {
        inputs: [f(2, 3, 20), f(1, 3, 20), f(20), f(20)],
        attributes: { epsilon: { float: 1e-5 } },
        tolerance,
      },
    ],
    TransposeMatMul: [{ inputs: [f(2, 4, 3), f(2, 5, 4)], attributes: { transA: 1, transB: 1 }, tolerance }],
  },
};
