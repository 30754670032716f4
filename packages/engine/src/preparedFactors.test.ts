/**
 * Sums of products whose factors do not lie in memory as floats: floats of two bytes, as models are exported to be half as
 * large, and factors that are any code, as quantised weights and scaled queries are. They are contractions all the same, with
 * the interpreter's bits on every backend.
 *
 * @weight 20
 */
import {
  assembleProgram,
  DType,
  encodeRecord,
  float32,
  reduceRecord,
  shape,
  tensorOfWords,
  type CodeBuilder,
  type Tensor,
  type Value,
} from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildModel, type ModelSpec, type NodeSpec } from "../../graph/src/testing/onnxBuilder.ts";
import { Engine } from "./index.ts";
import { matches } from "./plan/steps.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";
import { planned } from "./testing/planned.ts";

const SPECIALS = [0, -0, 2 ** -24, -(2 ** -14), 65504, 1e-39, 3e38, Infinity, -Infinity, NaN];

function floats(random: Random, dtype: DType, shape: readonly number[], specials = 2): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const value = () => (random.chance(specials) ? random.pick(SPECIALS) : random.between(-1000, 1000) / 700);
  return tensorOfWords(
    dtype,
    shape,
    Array.from({ length: count }, () => float32.fromNumber(value())),
  );
}

/** One node over inputs and weights of these shapes; a weight is not a number nowhere. */
function example(
  dtype: DType,
  node: Pick<NodeSpec, "operator" | "attributes">,
  inputs: readonly (readonly number[])[],
  weights: readonly (readonly number[])[] = [],
): Example {
  const random = new Random(inputs.flat().length + weights.flat().reduce((sum, size) => sum + size, dtype));
  const names = (letter: string, shapes: readonly unknown[]): string[] => shapes.map((_, i) => `${letter}${i}`);
  const [given, constants] = [names("x", inputs), names("w", weights)];
  const spec: ModelSpec = {
    nodes: [{ ...node, inputs: [...given, ...constants], outputs: ["y"] }],
    inputs: given.map((name, i) => ({ name, dtype, shape: [...inputs[i]] })),
    outputs: [{ name: "y", dtype }],
    constants: Object.fromEntries(constants.map((name, i) => [name, floats(random, dtype, weights[i], 0)])),
  };
  const { program } = importOnnx(buildModel(spec));
  const tensors = inputs.map((shape) => floats(random, dtype, shape));
  const name = `${node.operator} ${[...inputs, ...weights].map((shape) => shape.join("×")).join(", ")}, type ${dtype}`;
  return { name, program, request: { inputs: tensors, symbols: [], seed: 0n, calls: 1 } };
}

/** Weights of four bits in blocks, with a scale and a zero point each. */
function blocked(rows: number, bits: number): Example {
  const random = new Random(rows);
  const [depth, columns, block] = [96, 40, 32];
  const bytes = (...shape: number[]): Tensor =>
    tensorOfWords(
      DType.UINT8,
      shape,
      Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.below(256)),
    );
  const blocks = depth / block;
  const spec: ModelSpec = {
    nodes: [
      {
        operator: "MatMulNBits",
        domain: "com.microsoft",
        inputs: ["x", "w", "scales", "zeros"],
        outputs: ["y"],
        attributes: { K: depth, N: columns, bits, block_size: block },
      },
    ],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [rows, depth] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: {
      w: bytes(columns, blocks, (block * bits) / 8),
      scales: floats(random, DType.FLOAT32, [columns * blocks], 0),
      zeros: bytes(columns * Math.ceil((blocks * bits) / 8)),
    },
  };
  const inputs = [floats(random, DType.FLOAT32, [rows, depth])];
  const { program } = importOnnx(buildModel(spec));
  return {
    name: `weights of ${bits} bits, ${rows} rows`,
    program,
    request: { inputs, symbols: [], seed: 0n, calls: 1 },
  };
}

/** Queries and keys that are both scaled before their product. */
function attention(queries: number): Example {
  const random = new Random(5);
  const names = ["q", "k", "v"];
  const shapes = [queries, 11, 11].map((length) => [1, length, 24]);
  const attributes = { q_num_heads: 2, kv_num_heads: 2, scale: { float: 0.3 } };
  const spec: ModelSpec = {
    opset: 23,
    nodes: [{ operator: "Attention", inputs: names, outputs: ["y"], attributes }],
    inputs: names.map((name, i) => ({ name, dtype: DType.FLOAT32, shape: shapes[i] })),
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
  };
  const { program } = importOnnx(buildModel(spec));
  const inputs = shapes.map((shape) => floats(random, DType.FLOAT32, shape, 0));
  return { name: `attention of ${queries}`, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

/** A product by dequantised weights, too many to be folded, that something else may read too. */
function dequantised(other: "nothing" | "an output" | "a sum"): Example {
  const random = new Random(7);
  const [rows, depth, columns] = [600, 600, 440];
  const product = {
    nothing: [],
    "an output": [],
    "a sum": [{ operator: "ReduceSum", inputs: ["weights"], outputs: ["z"], attributes: { keepdims: 0 } }],
  }[other];
  const spec: ModelSpec = {
    nodes: [
      { operator: "DequantizeLinear", inputs: ["w", "scale"], outputs: ["weights"], attributes: { axis: 1 } },
      { operator: "MatMul", inputs: ["x", "weights"], outputs: ["y"] },
      ...product,
    ],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [2, depth] }],
    outputs: ["y", ...(other === "a sum" ? ["z"] : []), ...(other === "an output" ? ["weights"] : [])].map((name) => ({
      name,
      dtype: DType.FLOAT32,
    })),
    constants: {
      w: tensorOfWords(
        DType.INT8,
        [rows, columns],
        Array.from({ length: rows * columns }, () => random.between(-128, 127)),
      ),
      scale: floats(random, DType.FLOAT32, [columns], 0),
    },
  };
  const { program } = importOnnx(buildModel(spec));
  const inputs = [floats(random, DType.FLOAT32, [2, depth])];
  return { name: `weights that ${other} reads`, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

/** Σ x[i, r] · w(j, r), where w is code of the places and of operand 1, 40 numbers. */
function made(name: string, w: (code: CodeBuilder) => Value): Example {
  const random = new Random(6);
  const [rows, columns, depth] = [8, 24, 16];
  const record = reduceRecord(
    {
      dtype: DType.FLOAT32,
      shape: [rows, columns],
      operands: [
        { kind: "input", index: 0 },
        { kind: "parameter", index: 0 },
      ],
      extent: shape.constant(depth),
      accumulators: [DType.FLOAT32],
    },
    {
      init: (code) => [code.constant(0)],
      step(code) {
        const x = code.load(0, code.iadd(code.imul(code.index(0), code.constant(depth)), code.step()));
        return [code.ffma(x, w(code), code.acc(0))];
      },
      final: (code) => code.acc(0),
    },
  );
  const program = assembleProgram({
    prompt: [encodeRecord(record)],
    params: [floats(random, DType.FLOAT32, [40], 0)],
    inputs: [{ dtype: DType.FLOAT32, shape: [shape.constant(rows), shape.constant(depth)] }],
    outputs: [0],
  });
  const inputs = [floats(random, DType.FLOAT32, [rows, depth])];
  return { name, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

/**
 * w is made of the column, the step and the size of the output's dimension `size`: a kernel of w alone has another first size
 * and another rank, so it must ask for neither.
 */
const sized = (size: number): Example =>
  made(`a factor of size ${size}`, (code) =>
    code.itof(code.iadd(code.index(1), code.imul(code.extent(size), code.step()))),
  );

/** w is made of what is another in a kernel of w alone: the element's number, and a coordinate behind the rank. */
const placed: readonly Example[] = [
  made("a factor by the element's number", (code) =>
    code.load(1, code.urem(code.iadd(code.linear(), code.step()), code.constant(40))),
  ),
  made("a factor by a coordinate that is none", (code) => code.itof(code.iadd(code.index(1), code.index(2)))),
];

/** How many nodes of a program's one list are contractions. */
function contractionsOf(example: Example): number {
  const { list, surroundings, request } = planned(example);
  return matches([list], surroundings, request).size;
}

describe("prepared factors", () => {
  const border = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  const examples = [DType.FLOAT16, DType.BFLOAT16].flatMap((dtype) => [
    // One block of the sum and a second; weights that are packed whole, and by stretches.
    example(dtype, { operator: "MatMul" }, [[5, 600]], [[600, 33]]),
    example(dtype, { operator: "MatMul" }, [[1, 1100]], [[1100, 520]]),
    // Both factors computed, in batches.
    example(dtype, { operator: "MatMul" }, [
      [2, 3, 17, 24],
      [2, 3, 24, 19],
    ]),
    example(dtype, { operator: "Gemm", attributes: { transB: 1 } }, [[9, 40]], [[21, 40], [21]]),
  ]);
  examples.push(
    example(DType.FLOAT16, { operator: "Conv", attributes: border }, [[1, 3, 9, 11]], [[4, 3, 3, 3]]),
    example(DType.FLOAT16, { operator: "Conv", attributes: { ...border, group: 4 } }, [[2, 4, 12, 10]], [[4, 1, 3, 3]]),
    example(
      DType.FLOAT16,
      { operator: "Conv", attributes: { kernel_shape: [1, 1] } },
      [[1, 40, 6, 7]],
      [[16, 40, 1, 1]],
    ),
  );

  const quantised = [blocked(9, 4), blocked(5, 2), blocked(6, 8), blocked(1, 4)];
  const weights = (["nothing", "an output", "a sum"] as const).map(dequantised);
  const columns = sized(1);

  it("are those of contractions", () => {
    for (const one of [...examples, ...quantised, columns]) expect(contractionsOf(one), one.name).to.equal(1);
    // The scores; the values are summed past what is masked, which is another sum.
    expect(contractionsOf(attention(11))).to.equal(1);
  });

  it("are left to generated code where they are used too seldom, or made with a size that their kernel has not", () => {
    expect([attention(2), sized(0), sized(2), ...placed].map(contractionsOf)).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it("are computed once where they are made of parameters, and kept in a run where something else reads them", () => {
    const kernels = [...quantised.slice(0, 1), ...weights].map(({ program, request }) => {
      const engine = new Engine(program, { backend: "wasm" });
      const { all } = engine.prepare(request)!;
      engine.close();
      return all;
    });
    // So long a sum is made by two nodes.
    expect(kernels).to.deep.equal([1, 1, 2, 4]);
  }).timeout(60_000);

  onEveryBackend([
    ...examples,
    ...quantised,
    ...weights,
    columns,
    sized(0),
    sized(2),
    ...placed,
    ...[2, 11].map(attention),
  ]);
});
