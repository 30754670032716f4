/** Cases of normalisation, and of writing into caches. */
import { DType } from "@assay/vm";
import { f, type CaseTable } from "../case.ts";

const zeros = { shape: [2, 3], values: [0, 0, 0, 3, 0, -4] };

export const CASES: CaseTable = {
  "": {
    GroupNormalization: [
      { inputs: [f(2, 4, 3, 3), f(2), f(2)], attributes: { num_groups: 2 }, opset: 18, tolerance: 1e-5 },
    ],
    LpNormalization: [{ inputs: [zeros] }, { inputs: [zeros], attributes: { p: 1, axis: 1 } }],
    TensorScatter: [
      {
        inputs: [
          { shape: [2, 4, 1], values: [1, 2, 3, 4, 5, 6, 7, 8] },
          { shape: [2, 2, 1], values: [10, 20, 30, 40] },
          { shape: [2], dtype: DType.INT64, values: [1, 3] },
        ],
        attributes: { mode: "circular" },
        opset: 24,
        expected: [{ shape: [2, 4, 1], values: [1, 10, 20, 4, 40, 6, 7, 30] }],
      },
      {
        inputs: [
          { shape: [2, 4, 1], values: [1, 2, 3, 4, 5, 6, 7, 8] },
          { shape: [2, 2, 1], values: [10, 20, 30, 40] },
        ],
        opset: 24,
        expected: [{ shape: [2, 4, 1], values: [10, 20, 3, 4, 30, 40, 7, 8] }],
      },
    ],
  },
};
