/**
 * The native kernels beside onnxruntime on the layers of the models the engine is measured on, in turn in one process, one
 * thread each: `npm run bench -- native-kernels [filter] [--set=avx2] [--pairs=15]`.
 *
 * Prints, by case, our GFLOP/s (an integer multiply-add counts as two), onnxruntime's, and the ratio of speeds, ours over
 * onnxruntime's: median and least of the pairs, and of each side's best time. Time is the processor's, so that a busy machine blurs it less. Convolutions come in chains, because onnxruntime changes the layout of a
 * lone one's input and output, which inside a model it does not.
 */
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import {
  encodeContraction,
  FACTOR,
  KIND,
  MODE,
  SIDE,
  type Contraction,
  type Factor,
} from "../../packages/engine/src/contraction.ts";
import { Heap } from "../../packages/engine/src/kernels/testing.ts";
import { nativeKernels } from "../../packages/engine/src/native/kernels.ts";
import { buildModel, type NodeSpec } from "../../packages/graph/src/testing/onnxBuilder.ts";
import { DType, makeTensor, type Tensor } from "../../packages/vm/src/index.ts";

/** A convolution over [1, in, size, size]; groups = in for a depthwise one. */
interface Conv {
  readonly in: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly size: number;
  readonly groups?: number;
}

/** A product [rows, depth] × [depth, columns], of bytes or of floats; `batches` of them with both factors computed. */
interface Product {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly bytes?: boolean;
  readonly batches?: number;
  /** The second factor is stored with its columns as rows (queries × keys). */
  readonly transposed?: boolean;
}

interface Case {
  readonly name: string;
  readonly layers: readonly (Conv | Product)[];
}

const conv = (inChannels: number, out: number, kernel: number, stride: number, size: number): Conv => ({
  in: inChannels,
  out,
  kernel,
  stride,
  size,
});
const depthwise = (channels: number, stride: number, size: number): Conv => ({
  ...conv(channels, channels, 3, stride, size),
  groups: channels,
});
const product = (rows: number, depth: number, columns: number, more: Partial<Product> = {}): Product => ({
  rows,
  depth,
  columns,
  ...more,
});
const times = <T>(count: number, layer: T): T[] => new Array<T>(count).fill(layer);

const CASES: readonly Case[] = [
  { name: "mlp 1x784x512", layers: [product(1, 784, 512)] },
  { name: "mlp 64x784x512", layers: [product(64, 784, 512)] },
  { name: "mlp 64x512x10", layers: [product(64, 512, 10)] },
  { name: "minilm 128x384x384", layers: [product(128, 384, 384)] },
  { name: "minilm 128x384x1536", layers: [product(128, 384, 1536)] },
  { name: "minilm 128x1536x384", layers: [product(128, 1536, 384)] },
  { name: "minilm QK 12x128x32x128", layers: [product(128, 32, 128, { batches: 12, transposed: true })] },
  { name: "minilm PV 12x128x128x32", layers: [product(128, 128, 32, { batches: 12 })] },
  { name: "gpt2 128x768x2304", layers: [product(128, 768, 2304)] },
  { name: "gpt2 128x768x3072", layers: [product(128, 768, 3072)] },
  { name: "gpt2 128x3072x768", layers: [product(128, 3072, 768)] },
  { name: "gpt2 128x768x50257", layers: [product(128, 768, 50257)] },
  { name: "gpt2 QK 12x128x64x128", layers: [product(128, 64, 128, { batches: 12, transposed: true })] },
  { name: "gpt2 PV 12x128x128x64", layers: [product(128, 128, 64, { batches: 12 })] },
  { name: "decode 1x768x768", layers: [product(1, 768, 768)] },
  { name: "decode 1x768x2304", layers: [product(1, 768, 2304)] },
  { name: "decode 1x768x3072", layers: [product(1, 768, 3072)] },
  { name: "decode 1x3072x768", layers: [product(1, 3072, 768)] },
  { name: "decode 1x768x50257", layers: [product(1, 768, 50257)] },
  { name: "decode QK 12x1x64x129", layers: [product(1, 64, 129, { batches: 12, transposed: true })] },
  { name: "decode PV 12x1x129x64", layers: [product(1, 129, 64, { batches: 12 })] },
  { name: "int8 128x384x384", layers: [product(128, 384, 384, { bytes: true })] },
  { name: "int8 128x384x1536", layers: [product(128, 384, 1536, { bytes: true })] },
  { name: "int8 128x1536x384", layers: [product(128, 1536, 384, { bytes: true })] },
  { name: "resnet 7x7/2 3>64 @224", layers: [conv(3, 64, 7, 2, 224)] },
  { name: "resnet 3x3 64 @56 x4", layers: times(4, conv(64, 64, 3, 1, 56)) },
  { name: "resnet 3x3 128 @28 x4", layers: times(4, conv(128, 128, 3, 1, 28)) },
  { name: "resnet 3x3 256 @14 x4", layers: times(4, conv(256, 256, 3, 1, 14)) },
  { name: "resnet 3x3 512 @7 x4", layers: times(4, conv(512, 512, 3, 1, 7)) },
  { name: "resnet 1x1 64<>256 @56 x2", layers: times(2, [conv(64, 256, 1, 1, 56), conv(256, 64, 1, 1, 56)]).flat() },
  { name: "resnet 1x1 128<>512 @28 x2", layers: times(2, [conv(128, 512, 1, 1, 28), conv(512, 128, 1, 1, 28)]).flat() },
  {
    name: "resnet 1x1 256<>1024 @14 x2",
    layers: times(2, [conv(256, 1024, 1, 1, 14), conv(1024, 256, 1, 1, 14)]).flat(),
  },
  { name: "resnet 1x1 512<>2048 @7 x2", layers: times(2, [conv(512, 2048, 1, 1, 7), conv(2048, 512, 1, 1, 7)]).flat() },
  { name: "resnet 3x3/2 128 @56 +3x3", layers: [conv(128, 128, 3, 2, 56), conv(128, 128, 3, 1, 28)] },
  { name: "resnet 1x1/2 256>512 @56", layers: [conv(256, 512, 1, 2, 56), conv(512, 512, 1, 1, 28)] },
  { name: "mobilenet 3x3/2 3>32 @224", layers: [conv(3, 32, 3, 2, 224)] },
  { name: "mobilenet 1x1 16>96>24", layers: [conv(16, 96, 1, 1, 112), conv(96, 24, 1, 1, 112)] },
  { name: "mobilenet 1x1 24<>144 @56 x2", layers: times(2, [conv(24, 144, 1, 1, 56), conv(144, 24, 1, 1, 56)]).flat() },
  { name: "mobilenet 1x1 32<>192 @28 x2", layers: times(2, [conv(32, 192, 1, 1, 28), conv(192, 32, 1, 1, 28)]).flat() },
  { name: "mobilenet 1x1 64<>384 @14 x2", layers: times(2, [conv(64, 384, 1, 1, 14), conv(384, 64, 1, 1, 14)]).flat() },
  { name: "mobilenet 1x1 96<>576 @14 x2", layers: times(2, [conv(96, 576, 1, 1, 14), conv(576, 96, 1, 1, 14)]).flat() },
  { name: "mobilenet 1x1 160<>960 @7 x2", layers: times(2, [conv(160, 960, 1, 1, 7), conv(960, 160, 1, 1, 7)]).flat() },
  { name: "mobilenet 1x1 320>1280 @7", layers: [conv(320, 1280, 1, 1, 7)] },
  { name: "mobilenet dw 32 @112 x2", layers: times(2, depthwise(32, 1, 112)) },
  { name: "mobilenet dw/2 96 @112", layers: [depthwise(96, 2, 112), depthwise(96, 1, 56)] },
  { name: "mobilenet dw 144 @56 x4", layers: times(4, depthwise(144, 1, 56)) },
  { name: "mobilenet dw 192 @28 x4", layers: times(4, depthwise(192, 1, 28)) },
  { name: "mobilenet dw 384 @14 x4", layers: times(4, depthwise(384, 1, 14)) },
  { name: "mobilenet dw 960 @7 x4", layers: times(4, depthwise(960, 1, 7)) },
];

const isConv = (layer: Conv | Product): layer is Conv => "kernel" in layer;
const padOf = ({ kernel }: Conv) => Math.floor(kernel / 2);
const outSize = (c: Conv) => Math.floor((c.size + 2 * padOf(c) - c.kernel) / c.stride) + 1;

function operations(layer: Conv | Product): number {
  if (!isConv(layer)) return 2 * (layer.batches ?? 1) * layer.rows * layer.depth * layer.columns;
  return 2 * layer.out * outSize(layer) ** 2 * (layer.in / (layer.groups ?? 1)) * layer.kernel ** 2;
}

/** Numbers between -1 and 1; bytes: any. */
let state = 1;
function fill(count: number, bytes: boolean): Float32Array | Uint8Array {
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  if (bytes) return Uint8Array.from({ length: count }, () => next() >>> 24);
  return Float32Array.from({ length: count }, () => next() / 2 ** 31 - 1);
}

// ---- ours

const heap = new Heap();

function put(data: Float32Array | Uint8Array): number {
  const at = heap.allocate(data.byteLength);
  new Uint8Array(heap.memory.buffer).set(new Uint8Array(data.buffer, 0, data.byteLength), at);
  return at;
}

const table = (length: number, of: (i: number) => number) => heap.words(Array.from({ length }, (_, i) => of(i)));
const FACTOR_OF = { guards: [], stride: 1, zero: 0, zeroLane: 0, dtype: FACTOR.FLOAT32 };

function convContraction(c: Conv, input: number, weights: Float32Array): Contraction {
  const { kernel, stride, size, groups = 1 } = c;
  const [width, pad] = [outSize(c), padOf(c)];
  const [inside, outside] = [c.in / groups, c.out / groups];
  const [depth, columns] = [inside * kernel * kernel, width * width];
  const plain = kernel === 1 && stride === 1;
  const place = (r: number): [number, number, number] => [
    Math.floor(r / kernel / kernel),
    Math.floor(r / kernel) % kernel,
    r % kernel,
  ];
  const rowFactor: Factor = {
    ...FACTOR_OF,
    address: put(weights),
    mode: MODE.STRIDED,
    batch: table(groups, (b) => b * outside * depth),
    lane: table(outside, (m) => m * depth),
    depth: 0,
  };
  const corner = (n: number): [number, number] => [Math.floor(n / width) * stride - pad, (n % width) * stride - pad];
  const guard = (axis: 0 | 1) => ({
    lane: table(columns, (n) => corner(n)[axis]),
    depth: table(depth, (r) => place(r)[axis + 1]),
    size,
  });
  const columnFactor: Factor = {
    ...FACTOR_OF,
    address: input,
    mode: plain ? MODE.STRIDED : MODE.GATHERED,
    batch: table(groups, (b) => b * inside * size * size),
    lane: table(columns, (n) => corner(n)[0] * size + corner(n)[1]),
    depth: table(depth, (r) => place(r)[0] * size * size + place(r)[1] * size + place(r)[2]),
    guards: pad === 0 ? [] : [guard(0), guard(1)],
  };
  return {
    kind: KIND.FLOAT32,
    depth,
    rows: outside,
    columns,
    batches: groups,
    blocked: true,
    out: heap.allocate(4 * c.out * columns),
    outBatch: table(groups, (b) => b * outside * columns),
    outRow: table(outside, (m) => m * columns),
    rowFactor,
    columnFactor,
  };
}

function productContraction(p: Product, input: number, second: Float32Array | Uint8Array): Contraction {
  const { rows, depth, columns, bytes = false, batches = 1, transposed = false } = p;
  const dtype = bytes ? FACTOR.UINT8 : FACTOR.FLOAT32;
  const zero = bytes ? put(Uint8Array.of(117)) : 0;
  const base = { ...FACTOR_OF, dtype, zero };
  const rowFactor: Factor = {
    ...base,
    address: input,
    mode: MODE.STRIDED,
    batch: table(batches, (b) => b * rows * depth),
    lane: table(rows, (m) => m * depth),
    depth: 0,
  };
  const columnFactor: Factor = {
    ...base,
    address: put(second),
    mode: transposed ? MODE.GATHERED : MODE.STRIDED,
    batch: table(batches, (b) => b * columns * depth),
    lane: table(columns, (n) => (transposed ? n * depth : n)),
    depth: table(depth, (r) => (transposed ? r : r * columns)),
  };
  return {
    kind: bytes ? KIND.INT32 : KIND.FLOAT32,
    depth,
    rows,
    columns,
    batches,
    blocked: true,
    out: heap.allocate(4 * batches * rows * columns),
    outBatch: table(batches, (b) => b * rows * columns),
    outRow: table(rows, (m) => m * columns),
    rowFactor,
    columnFactor,
  };
}

/** The contraction with its constant factor packed, as the planner does: weights. */
function pack(c: Contraction, side: number): Contraction {
  const bytes = kernels.packedBytes(c.kind, side, c.depth, side === SIDE.ROWS ? c.rows : c.columns);
  const address = heap.allocate(bytes * c.batches);
  const at = heap.words(encodeContraction(c));
  for (let b = 0; b < c.batches; b++) kernels.pack(at, side, b, address + b * bytes);
  const name = side === SIDE.ROWS ? "rowFactor" : "columnFactor";
  const batch = table(c.batches, (b) => b * bytes);
  return { ...c, [name]: { ...c[name], address, batch, mode: MODE.PACKED, guards: [], zero: 0, zeroLane: 0 } };
}

function runner(contractions: readonly Contraction[]): () => void {
  const jobs = contractions.map((c) => {
    const at = heap.words(encodeContraction(c));
    return { c, at, region: kernels.region(c), scratch: heap.allocate(kernels.scratchBytes(c)) };
  });
  return () => {
    for (const { c, at, region, scratch } of jobs)
      for (let b = 0; b < c.batches; b += region.batches)
        for (let m = 0; m < c.rows; m += region.rows)
          for (let n = 0; n < c.columns; n += region.columns) {
            const [b1, m1] = [Math.min(b + region.batches, c.batches), Math.min(m + region.rows, c.rows)];
            kernels.contract(at, b, b1, m, m1, n, Math.min(n + region.columns, c.columns), scratch);
          }
  };
}

// ---- both

interface Pair {
  readonly ours: () => void;
  readonly session: InferenceSession;
  readonly feeds: Record<string, OrtTensor>;
}

const tensor = (dtype: DType, shape: readonly number[], data: Float32Array | Uint8Array): Tensor =>
  makeTensor(dtype, shape, new Uint8Array(data.buffer, 0, data.byteLength));

async function prepare(layers: readonly (Conv | Product)[]): Promise<Pair> {
  const first = layers[0];
  const bytes = !isConv(first) && first.bytes === true;
  const shape = isConv(first)
    ? [1, first.in, first.size, first.size]
    : [...(first.batches === undefined ? [] : [first.batches]), first.rows, first.depth];
  const data = fill(
    shape.reduce((a, b) => a * b),
    bytes,
  );
  const constants: Record<string, Tensor> = {};
  const nodes: NodeSpec[] = [];
  const contractions: Contraction[] = [];
  const feeds: Record<string, OrtTensor> = {};
  const inputs = [{ name: "x0", dtype: bytes ? DType.UINT8 : DType.FLOAT32, shape }];
  let from = put(data);
  for (const [i, layer] of layers.entries()) {
    const outputs = [`x${i + 1}`];
    if (isConv(layer)) {
      const { kernel, stride, groups = 1 } = layer;
      const weights = fill((layer.out * layer.in * kernel * kernel) / groups, false) as Float32Array;
      constants[`w${i}`] = tensor(DType.FLOAT32, [layer.out, layer.in / groups, kernel, kernel], weights);
      const pads = new Array<number>(4).fill(padOf(layer));
      const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads, group: groups };
      nodes.push({ operator: "Conv", inputs: [`x${i}`, `w${i}`], outputs, attributes });
      const made = convContraction(layer, from, weights);
      contractions.push(pack(made, SIDE.ROWS));
    } else {
      const { depth, columns, batches, transposed = false } = layer;
      const second = fill((batches ?? 1) * depth * columns, bytes);
      const made = productContraction(layer, from, second);
      if (batches === undefined) {
        constants[`w${i}`] = tensor(bytes ? DType.UINT8 : DType.FLOAT32, [depth, columns], second);
        contractions.push(pack(made, SIDE.COLUMNS));
      } else {
        const sizes = transposed ? [batches, columns, depth] : [batches, depth, columns];
        inputs.push({ name: `w${i}`, dtype: DType.FLOAT32, shape: sizes });
        feeds[`w${i}`] = new OrtTensor("float32", second as Float32Array, sizes);
        contractions.push(made);
      }
      if (bytes) constants.zero = tensor(DType.UINT8, [], Uint8Array.of(117));
      const operator = bytes ? "MatMulInteger" : transposed ? "FusedMatMul" : "MatMul";
      nodes.push({
        operator,
        inputs: [`x${i}`, `w${i}`, ...(bytes ? ["zero", "zero"] : [])],
        outputs,
        ...(transposed && { domain: "com.microsoft", attributes: { transB: 1 } }),
      });
    }
    from = contractions[contractions.length - 1].out;
  }
  const outputs = [{ name: `x${layers.length}`, dtype: bytes ? DType.INT32 : DType.FLOAT32 }];
  const model = buildModel({ nodes, inputs, outputs, constants });
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(model, options);
  feeds.x0 = bytes
    ? new OrtTensor("uint8", data as Uint8Array, shape)
    : new OrtTensor("float32", data as Float32Array, shape);
  return { ours: runner(contractions), session, feeds };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of processor that the process has used: with one thread what a clock would say on an idle machine. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const args = process.argv.slice(2);
const option = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const filter = args.find((arg) => !arg.startsWith("--")) ?? "";
const pairs = Number(option("pairs") ?? 15);
const found = nativeKernels(heap.memory, { set: option("set") });
if ("absent" in found) throw new Error(`no native kernels: ${found.absent}`);
const kernels = found;

console.log(`${kernels.name}, 1 thread, ${pairs} pairs`);
console.log(
  `${"case".padEnd(32)}${["ours", "ort"].map((one) => one.padStart(9)).join("")}` +
    ["ratio", "least", "best"].map((one) => one.padStart(8)).join(""),
);
for (const { name, layers } of CASES.filter((one) => one.name.includes(filter))) {
  const { ours, session, feeds } = await prepare(layers);
  const flops = layers.map(operations).reduce((a, b) => a + b);
  // Enough runs in a row for each side's clock to mean something.
  const repeat = Math.max(1, Math.ceil(2e8 / flops));
  const timeOurs = () => {
    const start = cpuTime();
    for (let i = 0; i < repeat; i++) ours();
    return (cpuTime() - start) / repeat;
  };
  const timeTheirs = async () => {
    const start = cpuTime();
    for (let i = 0; i < repeat; i++) await session.run(feeds);
    return (cpuTime() - start) / repeat;
  };
  timeOurs();
  await timeTheirs();
  const times: [number, number][] = [];
  for (let i = 0; i < pairs; i++) times.push([timeOurs(), await timeTheirs()]);
  const ratios = times.map(([a, b]) => b / a);
  const speed = (at: 0 | 1) => (flops / median(times.map((pair) => pair[at])) / 1e6).toFixed(1).padStart(9);
  const best = (at: 0 | 1) => Math.min(...times.map((pair) => pair[at]));
  const shown = [median(ratios), Math.min(...ratios), best(1) / best(0)];
  console.log(`${name.padEnd(32)}${speed(0)}${speed(1)}${shown.map((one) => one.toFixed(2).padStart(8)).join("")}`);
  await session.release();
}
