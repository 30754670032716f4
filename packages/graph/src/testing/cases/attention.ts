/** Cases of attention and what belongs to it. */
import { DType } from "@assay/vm";
import { MICROSOFT } from "../../operator.ts";
import { bools, f, typed, type CaseTable, type InputCase, type OperatorCase } from "../case.ts";

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
  ...windows(),
];

/** Windows came to operator set 25 later than this onnxruntime; values are those of the reference of onnx 1.23.2. */
function windows(): OperatorCase[] {
  const q = [-1.25, 0, 1.25, -0.75, 0.5, -1.5, -0.25, 1, -1, 0.25, 1.5, -0.5];
  const k = [-1, 0.75, -0.75, 1, -0.5, 1.25, -0.25, 1.5, 0, -1.5, 0.25, -1.25];
  const v = [-0.5, 0.25, 1, -1.5, -0.75, 0, 0.75, 1.5, -1, -0.25, 0.5, 1.25];
  const given = (shape: readonly number[], values: readonly number[]) => ({ shape, values });
  const all = (shape: readonly number[], count: number) => [q, k, v].map((own) => given(shape, own.slice(0, count)));
  return since(25, [
    {
      inputs: all([1, 1, 4, 2], 8),
      attributes: { is_causal: 1, left_window_size: 1 },
      expected: [
        given([1, 1, 4, 2], [-0.5, 0.25, 0.2831241, -0.6636448, 0.20213899, -0.81611913, 0.04964575, 0.7996457]),
      ],
    },
    {
      inputs: [
        ...all([1, 1, 3, 2], 6),
        undefined,
        given([1, 1, 2, 2], [-0.25, 0.75, -1.5, -0.5]),
        given([1, 1, 2, 2], [-0.75, 0.75, -1, 0.5]),
      ],
      attributes: { left_window_size: 2, right_window_size: 1 },
      expected: [given([1, 1, 3, 2], [-0.42359287, 0.054679535, -0.34190962, -0.1687545, -0.074276775, -0.39641285])],
    },
    // The first query of the second row sees no key: it stands one place before the first.
    {
      inputs: [...all([2, 1, 3, 2], 12), undefined, undefined, undefined, longs(3, 2)],
      attributes: { left_window_size: 1, right_window_size: 0 },
      expected: [
        given(
          [2, 1, 3, 2],
          [-0.5, 0.25, 0.2831241, -0.6636448, 0.20213899, -0.81611913, 0, 0, 0.75, 1.5, -0.6327611, 0.11723882],
        ),
      ],
    },
  ]);
}

/** A mask in which every query sees something. */
function mask(rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => ((i * 7) % 3 === 0 || i % columns === 1 ? 1 : 0));
}

const ints = (...values: number[]) => ({ ...typed(DType.INT32, [values.length]), values });
const places = (shape: readonly number[], values: readonly number[]) => ({ ...typed(DType.INT64, shape), values });
const flags = (shape: readonly number[], values: readonly number[]) => ({ ...typed(DType.INT32, shape), values });
/** Cosines or sines of a cache. */
const angles = (...shape: number[]) => ({ shape, range: [-1, 1] as const });

const RotaryEmbedding = since(23, [
  { inputs: [f(2, 3, 4, 8), angles(50, 4), angles(50, 4), places([2, 4], [0, 1, 2, 3, 7, 6, 49, 4])] },
  {
    inputs: [f(2, 4, 24), angles(50, 4), angles(50, 4), places([2, 4], [0, 1, 2, 3, 7, 6, 49, 4])],
    attributes: { num_heads: 3 },
  },
  { inputs: [f(2, 3, 4, 8), angles(2, 4, 4), angles(2, 4, 4)], attributes: { interleaved: 1 } },
  { inputs: [f(2, 3, 4, 8), angles(2, 4, 2), angles(2, 4, 2)], attributes: { rotary_embedding_dim: 4 } },
  {
    inputs: [f(2, 3, 4, 8), angles(50, 2), angles(50, 2), places([2, 4], [0, 1, 2, 3, 7, 6, 49, 4])],
    attributes: { rotary_embedding_dim: 4, interleaved: 1 },
  },
]);

const MicrosoftRotaryEmbedding: OperatorCase[] = [
  { inputs: [f(2, 4, 24), places([2, 4], [0, 1, 2, 3, 7, 6, 49, 4]), angles(50, 4), angles(50, 4)] },
  { inputs: [f(2, 4, 24), places([1], [5]), angles(50, 4), angles(50, 4)], attributes: { interleaved: 1 } },
  { inputs: [f(2, 3, 4, 8), places([1], [5]), angles(50, 4), angles(50, 4)] },
  {
    inputs: [f(2, 4, 24), places([1], [5]), angles(50, 2), angles(50, 2)],
    attributes: { rotary_embedding_dim: 4, num_heads: 3 },
  },
];

const fixed = (input: InputCase): InputCase => ({ ...input, constant: true });
const three = { num_heads: 3 };
const MultiHeadAttention: OperatorCase[] = [
  { inputs: [f(2, 4, 24), f(2, 6, 24), f(2, 6, 24)], attributes: three },
  { inputs: [f(2, 4, 24), f(2, 6, 24), f(2, 6, 15), f(63)], attributes: { ...three, scale: { float: 0.2 } } },
  { inputs: [f(2, 4, 24), f(2, 3, 6, 8), f(2, 3, 6, 8)], attributes: three },
  { inputs: [f(2, 4, 24), f(2, 6, 24), f(2, 6, 24), undefined, ints(6, 3)], attributes: three },
  {
    inputs: [f(2, 4, 24), f(2, 6, 24), f(2, 6, 24), undefined, flags([2, 6], [1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0])],
    attributes: three,
  },
  {
    inputs: [f(2, 4, 24), f(2, 4, 24), f(2, 4, 24), undefined, undefined, f(1, 3, 4, 4)],
    attributes: { ...three, unidirectional: 1 },
  },
  {
    inputs: [f(2, 2, 24), f(2, 2, 24), f(2, 2, 24), f(72), undefined, f(2, 1, 2, 7), f(2, 3, 5, 8), f(2, 3, 5, 8)],
    attributes: three,
    outputs: 3,
  },
  {
    inputs: [f(2, 2, 24), f(2, 2, 24), f(2, 2, 24), undefined, undefined, undefined, f(2, 3, 5, 8), f(2, 3, 5, 8)],
    attributes: { ...three, unidirectional: 1 },
    outputs: 3,
  },
].map((test) => ({ tolerance, ...test }));

const MicrosoftAttention: OperatorCase[] = [
  { inputs: [f(2, 4, 10), f(10, 72), f(72)], attributes: three },
  { inputs: [f(2, 4, 10), f(10, 72), f(72), ints(4, 2)], attributes: { ...three, unidirectional: 1 } },
  { inputs: [f(2, 4, 10), f(10, 72), f(72), ints(4, 3, 1, 0)], attributes: three },
  { inputs: [f(2, 4, 10), f(10, 72), f(72), flags([2, 4], [0, 1, 1, 1, 1, 1, 0, 0])], attributes: three },
  {
    inputs: [f(1, 3, 10), f(10, 72), f(72), flags([1, 3, 3], [1, 0, 0, 1, 1, 0, 1, 0, 1])],
    attributes: { ...three, scale: { float: 0.3 } },
  },
  { inputs: [f(2, 4, 10), f(10, 36), f(36)], attributes: { ...three, qkv_hidden_sizes: [12, 12, 12] } },
  {
    inputs: [f(2, 2, 10), f(10, 72), f(72), undefined, f(2, 2, 3, 5, 8)],
    attributes: { ...three, unidirectional: 1 },
    outputs: 2,
  },
].map((test) => ({ tolerance: 2e-5, ...test }));

const shared = { num_heads: 4, kv_num_heads: 2 };
const total = (value: number) => ({ shape: [], dtype: DType.INT32, values: [value], constant: true });
const GroupQueryAttention: OperatorCase[] = [
  {
    inputs: [f(2, 4, 32), f(2, 4, 16), f(2, 4, 16), undefined, undefined, ints(3, 3), total(4)],
    attributes: shared,
  },
  // Decoding, all rows of one length.
  {
    inputs: [f(2, 1, 32), f(2, 1, 16), f(2, 1, 16), f(2, 2, 5, 8), f(2, 2, 5, 8), ints(5, 5), total(6)],
    attributes: { ...shared, softcap: { float: 3 } },
  },
  {
    inputs: [
      f(1, 1, 128),
      undefined,
      undefined,
      f(1, 2, 5, 16),
      f(1, 2, 5, 16),
      ints(5),
      total(6),
      angles(9, 8),
      angles(9, 8),
    ],
    attributes: { ...shared, do_rotary: 1 },
  },
  // A row that is shorter than the cache; several tokens at once; a window.
  {
    inputs: [
      f(2, 1, 128),
      undefined,
      undefined,
      f(2, 2, 5, 16),
      f(2, 2, 5, 16),
      ints(5, 3),
      total(6),
      angles(9, 8),
      angles(9, 8),
    ],
    attributes: { ...shared, do_rotary: 1, rotary_interleaved: 1 },
  },
  {
    inputs: [f(1, 3, 32), f(1, 3, 16), f(1, 3, 16), f(1, 2, 5, 8), f(1, 2, 5, 8), ints(7), total(8)],
    attributes: { ...shared, local_window_size: 3, scale: { float: 0.25 } },
  },
  {
    inputs: [f(1, 6, 32), f(1, 6, 16), f(1, 6, 16), undefined, undefined, ints(5), total(6)],
    attributes: { ...shared, local_window_size: 2, smooth_softmax: 1 },
  },
  // A bias of the scores, positions given, a sink.
  {
    inputs: [
      ...[f(1, 2, 64), f(1, 2, 32), f(1, 2, 32), f(1, 2, 3, 16), f(1, 2, 3, 16), ints(4), total(5)],
      ...[fixed(angles(9, 8)), fixed(angles(9, 8)), places([1, 2], [6, 2]), f(1, 1, 2, 5), fixed(f(4))],
    ],
    attributes: { ...shared, do_rotary: 1 },
  },
].map((test) => ({ tolerance, outputs: 3, ...test }));

export const CASES: CaseTable = {
  "": { Attention, RotaryEmbedding },
  [MICROSOFT]: {
    Attention: MicrosoftAttention,
    GroupQueryAttention,
    MultiHeadAttention,
    RotaryEmbedding: MicrosoftRotaryEmbedding,
  },
};
