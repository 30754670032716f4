/** Cases of attention and what belongs to it. */
import { DType } from "@assay/vm";
import { bools, f, typed, type CaseTable, type OperatorCase } from "../case.ts";

const heads = (q: number, kv: number) => ({ q_num_heads: q, kv_num_heads: kv });
const tolerance = 1e-5;
const since = (opset: number, cases: readonly Omit<OperatorCase, "opset">[]): OperatorCase[] =>
  cases.map((test) => ({ tolerance, ...test, opset }));
const longs = (...values: number[]) => ({ ...typed(DType.INT64, [values.length]), values });

const Attention: OperatorCase[] = [
  ...since(23, [
    { inputs: [f(2, 3, 4, 8), f(2, 3, 6, 8), f(2, 3, 6, 8)] },
    { inputs: [f(2, 3, 4, 8), f(2, 3, 6, 8), f(2, 3, 6, 5)], attributes: { is_causal: 1 } },
    { inputs: [f(2, 4, 12), f(2, 6, 12), f(2, 6, 12)], attributes: { ...heads(3, 3), scale: { float: 0.3 } } },
    { inputs: [f(2, 4, 24), f(2, 6, 12), f(2, 6, 6)], attributes: { ...heads(4, 2), softcap: { float: 2 } } },
    { inputs: [f(2, 4, 4, 8), f(2, 2, 6, 8), f(2, 2, 6, 8), f(4, 6)] },
    { inputs: [f(2, 3, 4, 8), f(2, 3, 6, 8), f(2, 3, 6, 8), f(2, 1, 4, 6)] },
    { inputs: [f(2, 3, 4, 8), f(2, 3, 6, 8), f(2, 3, 6, 8), { ...bools(4, 6), values: mask(4, 6) }] },
    {
      inputs: [f(2, 3, 4, 8), f(2, 3, 2, 8), f(2, 3, 2, 8), undefined, f(2, 3, 5, 8), f(2, 3, 5, 8)],
      attributes: { is_causal: 1 },
      outputs: 3,
    },
    {
      inputs: [f(1, 1, 24), f(1, 1, 12), f(1, 1, 12), f(1, 7), f(1, 2, 6, 6), f(1, 2, 6, 6)],
      attributes: heads(4, 2),
      outputs: 3,
    },
    ...[0, 1, 2, 3].map((mode) => ({
      inputs: [f(1, 2, 3, 4), f(1, 2, 5, 4), f(1, 2, 5, 4), f(3, 5), f(1, 2, 2, 4), f(1, 2, 2, 4)].map((input, i) =>
        i === 3 ? f(3, 7) : input,
      ),
      attributes: { qk_matmul_output_mode: mode },
      outputs: 4,
    })),
  ]),
  // Rows of 1030 positions: three blocks. Most positions of the second case are masked, also whole blocks.
  ...since(23, [
    { inputs: [f(1, 1, 2, 4), f(1, 1, 1030, 4), f(1, 1, 1030, 3)] },
    {
      inputs: [
        f(1, 1, 1, 4),
        f(1, 1, 1030, 4),
        f(1, 1, 1030, 3),
        { ...bools(1030), values: Array.from({ length: 1030 }, (_, j) => (j === 3 || j === 1025 ? 1 : 0)) },
      ].map((input, i) => (i === 3 ? { ...input, shape: [1, 1030] } : input)),
    },
  ]),
  ...since(24, [
    { inputs: [f(2, 2, 3, 4), f(2, 2, 6, 4), f(2, 2, 6, 4), undefined, undefined, undefined, longs(4, 6)] },
  ]),
];

/** A mask in which every query sees something. */
function mask(rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => ((i * 7) % 3 === 0 || i % columns === 1 ? 1 : 0));
}

export const CASES: CaseTable = { "": { Attention } };
