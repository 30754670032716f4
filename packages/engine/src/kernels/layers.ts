/**
 * Contractions shaped like layers that models have, for the bench and for tests: tables as the planner makes them,
 * weights packed where a model's parameters would be.
 */
import { Random } from "@assay/vm/testing/random";
import { FACTOR, KIND, MODE, SIDE, type Contraction, type Factor } from "../contraction.ts";
import { randomFloats, type Heap } from "./testing.ts";

/** A layer's contraction, which of its factors a model holds packed, and the ONNX node that it is. */
export interface LayerContraction {
  readonly contraction: Contraction;
  readonly packed: readonly number[];
  readonly node: LayerNode;
}

/** A node of two inputs, the second of which is a constant where weights are. */
export interface LayerNode {
  readonly operator: string;
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly constant: boolean;
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}
export type Layer = (heap: Heap) => LayerContraction;

const count = (length: number, of: (i: number) => number): number[] => Array.from({ length }, (_, i) => of(i));

/** A tensor of random numbers; its address. */
function tensor(heap: Heap, dtype: number, elements: number): number {
  const random = new Random(elements);
  return dtype === FACTOR.FLOAT32
    ? heap.words(randomFloats(random, elements, false))
    : heap.bytes(Uint8Array.from({ length: elements }, () => random.u32() >>> 24));
}

const plain = { guards: [], zero: 0, zeroLane: 0, stride: 1, mode: MODE.GATHERED } as const;
const typeOf = (kind: number): number => (kind === KIND.FLOAT32 ? FACTOR.FLOAT32 : FACTOR.UINT8);

/** [rows, depth] × [depth, columns], the second packed unless it is an activation. */
export function product(kind: number, rows: number, depth: number, columns: number, packed = true): Layer {
  return (heap) => {
    const zeros = heap.words([0]);
    const dtype = typeOf(kind);
    const contraction: Contraction = {
      kind,
      depth,
      rows,
      columns,
      batches: 1,
      blocked: true,
      out: heap.allocate(4 * rows * columns),
      outBatch: zeros,
      outRow: heap.words(count(rows, (m) => m * columns)),
      rowFactor: {
        ...plain,
        mode: MODE.STRIDED,
        address: tensor(heap, dtype, rows * depth),
        dtype,
        batch: zeros,
        lane: heap.words(count(rows, (m) => m * depth)),
        depth: heap.words(count(depth, (r) => r)),
      },
      columnFactor: {
        ...plain,
        mode: MODE.STRIDED,
        address: tensor(heap, dtype, depth * columns),
        dtype,
        batch: zeros,
        lane: heap.words(count(columns, (n) => n)),
        depth: heap.words(count(depth, (r) => r * columns)),
      },
    };
    const operator = kind === KIND.FLOAT32 ? "MatMul" : "MatMulInteger";
    const node = { operator, first: [rows, depth], second: [depth, columns], constant: packed, attributes: {} };
    return { contraction, packed: packed ? [SIDE.COLUMNS] : [], node };
  };
}

interface Convolution {
  readonly kind?: number;
  /** Channels of the output and of the input, by group. */
  readonly out: number;
  readonly channels: number;
  readonly groups?: number;
  /** Height and width of the input and of the window. */
  readonly size: number;
  readonly window: number;
  readonly stride?: number;
}

/** A convolution with "same" padding: rows are the group's output channels, columns the places, batches the groups. */
export function convolution({
  kind = KIND.FLOAT32,
  out,
  channels,
  groups = 1,
  size,
  window,
  stride = 1,
}: Convolution): Layer {
  return (heap) => {
    const dtype = typeOf(kind);
    const pad = Math.floor(window / 2);
    const outSize = Math.floor((size + 2 * pad - window) / stride) + 1;
    const places = outSize * outSize;
    const depth = channels * window * window;
    const [x, y] = [(n: number) => n % outSize, (n: number) => Math.floor(n / outSize)];
    const [kx, ky] = [(r: number) => r % window, (r: number) => Math.floor(r / window) % window];
    const channel = (r: number): number => Math.floor(r / window / window);
    const guard = (lane: (n: number) => number, deep: (r: number) => number) => ({
      lane: heap.words(count(places, (n) => lane(n) * stride - pad)),
      depth: heap.words(count(depth, deep)),
      size,
    });
    const rowFactor: Factor = {
      ...plain,
      mode: MODE.STRIDED,
      address: tensor(heap, dtype, groups * out * depth),
      dtype,
      batch: heap.words(count(groups, (g) => g * out * depth)),
      lane: heap.words(count(out, (m) => m * depth)),
      depth: heap.words(count(depth, (r) => r)),
    };
    const columnFactor: Factor = {
      ...plain,
      mode: window === 1 && stride === 1 ? MODE.STRIDED : MODE.GATHERED,
      address: tensor(heap, dtype, groups * channels * size * size),
      dtype,
      batch: heap.words(count(groups, (g) => g * channels * size * size)),
      lane: heap.words(count(places, (n) => (y(n) * stride - pad) * size + x(n) * stride - pad)),
      depth: heap.words(count(depth, (r) => (channel(r) * size + ky(r)) * size + kx(r))),
      guards: window === 1 ? [] : [guard(y, ky), guard(x, kx)],
    };
    const contraction: Contraction = {
      kind,
      depth,
      rows: out,
      columns: places,
      batches: groups,
      blocked: true,
      out: heap.allocate(4 * groups * out * places),
      outBatch: heap.words(count(groups, (g) => g * out * places)),
      outRow: heap.words(count(out, (m) => m * places)),
      rowFactor,
      columnFactor,
    };
    const node = {
      operator: kind === KIND.FLOAT32 ? "Conv" : "ConvInteger",
      first: [1, groups * channels, size, size],
      second: [groups * out, channels, window, window],
      constant: true,
      attributes: { group: groups, pads: [pad, pad, pad, pad], strides: [stride, stride] },
    };
    return { contraction, packed: [SIDE.ROWS], node };
  };
}

/** Queries × keys: both factors contiguous along the depth. Values: probabilities × values. */
export function attention(
  queries: number,
  keys: number,
  heads: number,
  width: number,
  which: "scores" | "values",
): Layer {
  return (heap) => {
    const scores = which === "scores";
    const [depth, columns] = scores ? [width, keys] : [keys, width];
    const pitch = heads * width;
    const contraction: Contraction = {
      kind: KIND.FLOAT32,
      depth,
      rows: queries,
      columns,
      batches: heads,
      blocked: true,
      out: heap.allocate(4 * heads * queries * columns),
      outBatch: heap.words(count(heads, (h) => h * queries * columns)),
      outRow: heap.words(count(queries, (m) => m * columns)),
      rowFactor: {
        ...plain,
        mode: MODE.STRIDED,
        address: tensor(heap, FACTOR.FLOAT32, heads * queries * depth),
        dtype: FACTOR.FLOAT32,
        batch: heap.words(count(heads, (h) => (scores ? h * width : h * queries * keys))),
        lane: heap.words(count(queries, (m) => m * (scores ? pitch : keys))),
        depth: heap.words(count(depth, (r) => r)),
      },
      columnFactor: {
        ...plain,
        mode: scores ? MODE.GATHERED : MODE.STRIDED,
        address: tensor(heap, FACTOR.FLOAT32, heads * keys * width),
        dtype: FACTOR.FLOAT32,
        batch: heap.words(count(heads, (h) => h * width)),
        lane: heap.words(count(columns, (n) => (scores ? n * pitch : n))),
        depth: heap.words(count(depth, (r) => (scores ? r : r * pitch))),
      },
    };
    const [first, second] = [
      [heads, queries, depth],
      [heads, depth, columns],
    ];
    return { contraction, packed: [], node: { operator: "MatMul", first, second, constant: false, attributes: {} } };
  };
}

const { FLOAT32, INT32 } = KIND;

/** Layers by name. */
export const layers: Readonly<Record<string, Layer>> = {
  "product 384×384×384": product(FLOAT32, 384, 384, 384),
  "product 128×384×1536": product(FLOAT32, 128, 384, 1536),
  "product 128×1536×384": product(FLOAT32, 128, 1536, 384),
  "product 384³ unpacked": product(FLOAT32, 384, 384, 384, false),
  "vector 1×768×3072": product(FLOAT32, 1, 768, 3072),
  "vector 1×3072×768": product(FLOAT32, 1, 3072, 768),
  "few rows 4×768×768": product(FLOAT32, 4, 768, 768),
  "conv 3×3 64→64 at 56²": convolution({ out: 64, channels: 64, size: 56, window: 3 }),
  "conv 3×3 256→256 at 14²": convolution({ out: 256, channels: 256, size: 14, window: 3 }),
  "conv 3×3 512→512 at 7²": convolution({ out: 512, channels: 512, size: 7, window: 3 }),
  "conv 7×7/2 3→64 at 224²": convolution({ out: 64, channels: 3, size: 224, window: 7, stride: 2 }),
  "conv 3×3/2 3→32 at 224²": convolution({ out: 32, channels: 3, size: 224, window: 3, stride: 2 }),
  "conv 1×1 96→24 at 56²": convolution({ out: 24, channels: 96, size: 56, window: 1 }),
  "conv 1×1 16→96 at 112²": convolution({ out: 96, channels: 16, size: 112, window: 1 }),
  "conv 1×1 320→1280 at 7²": convolution({ out: 1280, channels: 320, size: 7, window: 1 }),
  "depthwise 3×3 144 at 56²": convolution({ out: 1, channels: 1, groups: 144, size: 56, window: 3 }),
  "depthwise 3×3/2 96 at 112²": convolution({ out: 1, channels: 1, groups: 96, size: 112, window: 3, stride: 2 }),
  "depthwise 3×3 960 at 7²": convolution({ out: 1, channels: 1, groups: 960, size: 7, window: 3 }),
  "scores 128×128 of 12×64": attention(128, 128, 12, 64, "scores"),
  "values 128×128 of 12×64": attention(128, 128, 12, 64, "values"),
  "scores 1×128 of 12×64": attention(1, 128, 12, 64, "scores"),
  "values 1×128 of 12×64": attention(1, 128, 12, 64, "values"),
  "int8 384×384×384": product(INT32, 384, 384, 384),
  "int8 128×384×1536": product(INT32, 128, 384, 1536),
  "int8 vector 1×768×3072": product(INT32, 1, 768, 3072),
  "int8 conv 3×3 64→64 at 56²": convolution({ kind: INT32, out: 64, channels: 64, size: 56, window: 3 }),
};
