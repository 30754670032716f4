/**
 * The engine's bits on models whose sizes make its fast ways meet: blocks of a sum that begin and end, vectors that end in the
 * middle, borders of windows, infinite weights there, integers with zero points. Every backend, one thread and two, fused
 * and emulated, against the reference interpreter.
 *
 * @weight 40
 */
import { DType, denseBytes, makeTensor, run, tensorOfWords, type Program, type Request, type Tensor } from "@assay/vm";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildModel, type NodeSpec } from "../../graph/src/testing/onnxBuilder.ts";
import { Random } from "../../graph/src/testing/random.ts";
import { Engine, EngineError, type EngineOptions } from "./index.ts";
import { compileKernels, generatedOptions, generatedSets } from "./ccode/testing.ts";

const SPECIALS = [0, -0, 1e-40, -1e-42, 2 ** -149, 3e38, -3e38, Infinity, -Infinity, NaN, 2 ** -126];

function floats(random: Random, shape: readonly number[], specials = 0): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () =>
    random.unit() < specials ? SPECIALS[random.below(SPECIALS.length)] : random.normal(),
  );
  return makeTensor(DType.FLOAT32, shape, new Uint8Array(values.buffer));
}

/** The same with 1 for every NaN: a model's constants may not hold any. */
function numbers(tensor: Tensor): Tensor {
  const values = new Float32Array(tensor.data.slice().buffer).map((value) => (value !== value ? 1 : value));
  return { ...tensor, data: new Uint8Array(values.buffer) };
}

/** Floats of any pattern, some of them NaNs with a payload and a sign. */
function patterns(random: Random, shape: readonly number[]): Tensor {
  const tensor = floats(random, shape);
  const words = new Uint32Array(tensor.data.buffer);
  for (let i = 0; i < words.length; i += 1 + random.below(40)) {
    words[i] = (0x7f800001 + random.below(0x7fffff)) | (random.below(2) << 31);
  }
  return tensor;
}

function bytes(random: Random, dtype: DType, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return makeTensor(
    dtype,
    shape,
    Uint8Array.from({ length: count }, () => random.below(256)),
  );
}

interface Case {
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly output?: number;
}

function programOf({ nodes, inputs, constants = {}, output = DType.FLOAT32 }: Case): {
  program: Program;
  request: Request;
} {
  const model = buildModel({
    opset: 20,
    nodes,
    inputs: Object.entries(inputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs: [{ name: "y", dtype: output }],
    constants,
  });
  const { program } = importOnnx(model);
  return { program, request: { inputs: Object.values(inputs), symbols: [], seed: 0n, calls: 1 } };
}

const one = (operator: string, inputs: readonly string[], attributes: NodeSpec["attributes"] = {}): NodeSpec => ({
  operator,
  inputs,
  outputs: ["y"],
  attributes,
});

function cases(): Case[] {
  const random = new Random(7);
  const list: Case[] = [];
  for (const depth of [1, 2, 511, 512, 513, 1025]) {
    for (const [rows, columns] of [
      [1, 37],
      [3, 21],
      [13, 5],
    ]) {
      const specials = depth === 2 || depth === 513 ? 0.02 : 0;
      const [a, b] = [floats(random, [rows, depth], specials), floats(random, [depth, columns], specials)];
      const name = `product of ${rows} × ${depth} and ${depth} × ${columns}`;
      list.push({ name, nodes: [one("MatMul", ["a", "b"])], inputs: { a, b } });
      list.push({
        name: `${name}, weights constant`,
        nodes: [one("MatMul", ["a", "b"])],
        inputs: { a },
        constants: { b: numbers(b) },
      });
    }
  }
  // Read in more than one piece, and not to the end of a vector.
  const odd = patterns(random, [2, 5003]);
  list.push({ name: "NaNs of an input", nodes: [one("Transpose", ["x"])], inputs: { x: odd } });
  const x = floats(random, [1, 4, 13, 11], 0.02);
  const kernel = numbers(floats(random, [6, 4, 3, 3], 0.05));
  const bias = floats(random, [6]);
  for (const [strides, pads, dilations] of [
    [
      [1, 1],
      [1, 1, 1, 1],
      [1, 1],
    ],
    [
      [2, 2],
      [1, 0, 1, 2],
      [1, 1],
    ],
    [
      [1, 2],
      [2, 2, 2, 2],
      [2, 2],
    ],
  ]) {
    const attributes = { strides, pads, dilations };
    const name = `convolution, strides ${strides}, pads ${pads}, dilations ${dilations}`;
    const constants = { w: kernel, bias };
    list.push({ name, nodes: [one("Conv", ["x", "w", "bias"], attributes)], inputs: { x }, constants });
  }
  const depthwise = { w: numbers(floats(random, [4, 1, 3, 3], 0.1)) };
  list.push({
    name: "depthwise convolution",
    nodes: [one("Conv", ["x", "w"], { pads: [1, 1, 1, 1], group: 4 })],
    inputs: { x },
    constants: depthwise,
  });
  const [u8, s8] = [bytes(random, DType.UINT8, [9, 67]), bytes(random, DType.INT8, [67, 19])];
  list.push({
    name: "integers with zero points",
    nodes: [one("MatMulInteger", ["a", "b", "za", "zb"])],
    inputs: { a: u8 },
    constants: {
      b: s8,
      za: makeTensor(DType.UINT8, [], Uint8Array.of(131)),
      zb: bytes(random, DType.INT8, [19]),
    },
    output: DType.INT32,
  });
  // Padding is the zero point, not 0.
  const image = bytes(random, DType.UINT8, [1, 5, 13, 21]);
  const scalar = (value: number): Tensor =>
    makeTensor(DType.FLOAT32, [], new Uint8Array(Float32Array.of(value).buffer));
  for (const [strides, pads] of [
    [
      [1, 1],
      [1, 1, 1, 1],
    ],
    [
      [2, 2],
      [2, 0, 1, 2],
    ],
  ]) {
    list.push({
      name: `quantised convolution, strides ${strides}`,
      nodes: [one("QLinearConv", ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "bias"], { strides, pads })],
      inputs: { x: image },
      constants: {
        w: bytes(random, DType.INT8, [9, 5, 3, 3]),
        bias: tensorOfWords(DType.INT32, [9], [0, 1, -7, 500, -900, 3, 2, 1, 40]),
        ...{ sx: scalar(0.02), sw: scalar(0.01), sy: scalar(0.3) },
        zx: makeTensor(DType.UINT8, [], Uint8Array.of(131)),
        zw: makeTensor(DType.INT8, [], Uint8Array.of(3)),
        zy: makeTensor(DType.UINT8, [], Uint8Array.of(120)),
      },
      output: DType.UINT8,
    });
  }
  for (const [size, strides] of [
    [4, [2, 2]],
    [3, [2, 3]],
    [2, [3, 1]],
  ] as const) {
    list.push({
      name: `transposed convolution of ${size}, strides ${strides}`,
      nodes: [one("ConvTranspose", ["x", "w", "bias"], { strides: [...strides], pads: [1, 0, 0, 1] })],
      inputs: { x: floats(random, [2, 4, 9, 7], 0.02) },
      constants: { w: numbers(floats(random, [4, 6, size, size], 0.05)), bias },
    });
  }
  list.push({
    name: "attention",
    nodes: [
      { operator: "MatMul", inputs: ["q", "k"], outputs: ["s"] },
      { operator: "Softmax", inputs: ["s"], outputs: ["p"] },
      one("MatMul", ["p", "v"]),
    ],
    inputs: { q: floats(random, [2, 3, 17, 8]), k: floats(random, [2, 3, 8, 23]), v: floats(random, [2, 3, 23, 8]) },
  });
  // Differences of infinities, whose NaN is not the one, and zeros of both signs, cut off.
  const [minuend, subtrahend] = [floats(random, [7, 37], 0.4), floats(random, [7, 37], 0.4)];
  for (const [low, high] of [
    [0, 6],
    [0, Infinity],
    [-Infinity, 0],
    [-0, 1],
    [-1, -0],
  ]) {
    const bound = (value: number): Tensor =>
      makeTensor(DType.FLOAT32, [], new Uint8Array(Float32Array.of(value).buffer));
    list.push({
      name: `differences between ${low} and ${high}`,
      nodes: [{ operator: "Sub", inputs: ["a", "b"], outputs: ["d"] }, one("Clip", ["d", "low", "high"])],
      inputs: { a: minuend, b: subtrahend },
      constants: { low: bound(low), high: bound(high) },
    });
  }
  for (const operator of ["Erf", "Softplus", "Log", "Exp", "Tanh", "Round", "Sin", "LogSoftmax", "Relu"]) {
    list.push({ name: operator, nodes: [one(operator, ["x"])], inputs: { x: floats(random, [7, 53], 0.1) } });
  }
  for (const operator of ["ReduceMax", "ReduceMean", "ReduceSum"]) {
    list.push({
      name: operator,
      nodes: [one(operator, ["x"], { keepdims: 0 })],
      inputs: { x: floats(random, [5, 131], 0.01) },
    });
  }
  const whole = (dtype: DType, shape: readonly number[], least: number, below: number): Tensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    const words = Array.from({ length: count }, () => least + random.below(below - least));
    return tensorOfWords(dtype, shape, words);
  };
  list.push({
    name: "running sum of integers, backwards",
    nodes: [one("CumSum", ["x", "axis"], { exclusive: 1, reverse: 1 })],
    inputs: { x: whole(DType.INT32, [3, 4, 5, 9], -9, 9) },
    constants: { axis: tensorOfWords(DType.INT64, [], [1]) },
    output: DType.INT32,
  });
  list.push({
    name: "powers of integers",
    nodes: [one("Pow", ["x", "n"])],
    inputs: { x: whole(DType.INT32, [11], -9, 9), n: whole(DType.INT64, [11], 0, 70) },
    output: DType.INT32,
  });
  list.push({
    name: "max pooling",
    nodes: [one("MaxPool", ["x"], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })],
    inputs: { x },
  });
  list.push({
    name: "transposed, cast and quantised",
    nodes: [
      { operator: "Transpose", inputs: ["x"], outputs: ["t"], attributes: { perm: [0, 2, 3, 1] } },
      one("QuantizeLinear", ["t", "scale", "zero"]),
    ],
    inputs: { x },
    constants: {
      scale: makeTensor(DType.FLOAT32, [], new Uint8Array(Float32Array.of(0.037).buffer)),
      zero: makeTensor(DType.INT8, [], Uint8Array.of(250)),
    },
    output: DType.INT8,
  });
  return list;
}

const hex = (tensors: readonly Tensor[]): string[] =>
  tensors.map((tensor) => Buffer.from(denseBytes(tensor)).toString("hex"));

/** An engine, or why there is none here. */
function engineOf(program: Program, options: EngineOptions): Engine | string {
  try {
    return new Engine(program, options);
  } catch (error) {
    if (error instanceof EngineError && error.code === "NO_BACKEND") return error.message;
    throw error;
  }
}

/** Computed when first asked for. */
function lazily<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}

const ways: readonly { readonly name: string; readonly options: EngineOptions }[] = [
  { name: "wasm", options: { backend: "wasm" } },
  { name: "wasm, two threads", options: { backend: "wasm", threads: 2 } },
  { name: "wasm, emulated fma", options: { backend: "wasm", emulate: true } },
  { name: "native", options: { backend: "native" } },
  { name: "native, two threads", options: { backend: "native", threads: 2 } },
];

/** The native ways with every kernel in generated C, for every instruction set that has any. */
function compiledWays(examples: readonly { program: Program; request: Request }[]): typeof ways {
  const sets = generatedSets();
  if (typeof sets === "string") return [];
  return sets.flatMap((set) => {
    compileKernels(set, examples);
    return [1, 2].map((threads) => ({
      name: `${set}, generated C, ${threads} threads`,
      options: { ...generatedOptions(set), threads },
    }));
  });
}

describe("engine bits", () => {
  const prepared = lazily(() =>
    cases().map((test) => {
      const { program, request } = programOf(test);
      return { name: test.name, program, request, wanted: hex(run(program, request).outputs) };
    }),
  );

  /** Every case; a reason where this machine has not the way. */
  function check({ name: way, options }: (typeof ways)[number]): string | undefined {
    for (const { name, program, request, wanted } of prepared()) {
      const engine = engineOf(program, options);
      if (typeof engine === "string") return engine;
      try {
        for (let time = 0; time < 3; time++) {
          expect(hex(engine.infer(request)), `${way}: ${name}, run ${time}`).to.deep.equal(wanted);
        }
        expect(hex(engine.run(request).outputs), `${way}: ${name}, traced`).to.deep.equal(wanted);
      } finally {
        engine.close();
      }
    }
    return undefined;
  }

  for (const way of ways) {
    it(way.name, function () {
      this.timeout(120_000);
      const reason = check(way);
      if (reason !== undefined) console.log(`      not run: ${reason}`);
    });
  }

  it("native, generated C of every instruction set, one thread and two", function () {
    this.timeout(600_000);
    const compiled = compiledWays(prepared());
    if (compiled.length === 0) console.log("      not run: no native kernels");
    for (const way of compiled) check(way);
  });

  it("the thousandth run is the first; a batch is its rows", () => {
    const random = new Random(11);
    const [x, w] = [floats(random, [5, 700]), floats(random, [700, 33])];
    const layer = (rows: Tensor): Case => ({
      name: "layer",
      nodes: [{ operator: "MatMul", inputs: ["x", "w"], outputs: ["s"] }, one("Tanh", ["s"])],
      inputs: { x: rows },
      constants: { w },
    });
    const { program, request } = programOf(layer(x));
    const engine = new Engine(program);
    const [first] = hex(engine.infer(request));
    for (let time = 1; time < 1000; time++) engine.infer(request);
    expect(hex(engine.infer(request))[0]).to.equal(first);
    const rows = Array.from({ length: 5 }, (_, i) => {
      const row = makeTensor(DType.FLOAT32, [1, 700], x.data.slice(2800 * i, 2800 * (i + 1)));
      const single = programOf(layer(row));
      return hex(new Engine(single.program).infer(single.request))[0];
    });
    expect(rows.join("")).to.equal(first);
  });

  it("refuses threads and backends that are none", () => {
    const { program } = programOf(cases()[0]);
    expect(() => new Engine(program, { threads: 0 })).to.throw(EngineError, /0 threads/);
    expect(() => new Engine(program, { threads: 1.5 })).to.throw(EngineError, /1.5 threads/);
  });
});
