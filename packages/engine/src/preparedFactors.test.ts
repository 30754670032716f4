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
  type Tensor,
} from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildModel, type ModelSpec, type NodeSpec } from "../../graph/src/testing/onnxBuilder.ts";
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
function attention(): Example {
  const random = new Random(5);
  const names = ["q", "k", "v"];
  const spec: ModelSpec = {
    opset: 23,
    nodes: [
      {
        operator: "Attention",
        inputs: names,
        outputs: ["y"],
        attributes: { q_num_heads: 2, kv_num_heads: 2, scale: { float: 0.3 } },
      },
    ],
    inputs: names.map((name) => ({ name, dtype: DType.FLOAT32, shape: [1, 11, 24] })),
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
  };
  const { program } = importOnnx(buildModel(spec));
  const inputs = names.map(() => floats(random, DType.FLOAT32, [1, 11, 24], 0));
  return { name: "attention", program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

/**
 * Σ x[i, r] · w(j, r), where w is made of the column, the step and the size of the output's dimension `size`: a kernel of w
 * alone has another first size, so it must not ask for that one.
 */
function sized(size: number): Example {
  const random = new Random(6);
  const [rows, columns, depth] = [8, 24, 16];
  const record = reduceRecord(
    {
      dtype: DType.FLOAT32,
      shape: [rows, columns],
      operands: [{ kind: "input", index: 0 }],
      extent: shape.constant(depth),
      accumulators: [DType.FLOAT32],
    },
    {
      init: (code) => [code.constant(0)],
      step(code) {
        const x = code.load(0, code.iadd(code.imul(code.index(0), code.constant(depth)), code.step()));
        const w = code.itof(code.iadd(code.index(1), code.imul(code.extent(size), code.step())));
        return [code.ffma(x, w, code.acc(0))];
      },
      final: (code) => code.acc(0),
    },
  );
  const program = assembleProgram({
    prompt: [encodeRecord(record)],
    inputs: [{ dtype: DType.FLOAT32, shape: [shape.constant(rows), shape.constant(depth)] }],
    outputs: [0],
  });
  const inputs = [floats(random, DType.FLOAT32, [rows, depth])];
  return { name: `a factor of size ${size}`, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

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

  const quantised = [blocked(9, 4), blocked(5, 2), blocked(6, 8)];
  const columns = sized(1);

  it("are those of contractions", () => {
    for (const one of [...examples, ...quantised, columns]) expect(contractionsOf(one), one.name).to.equal(1);
    // The scores; the values are summed past what is masked, which is another sum.
    expect(contractionsOf(attention())).to.equal(1);
  });

  it("are left to generated code where they are used too seldom, or made with a size that their kernel has not", () => {
    expect([blocked(3, 4), sized(0)].map(contractionsOf)).to.deep.equal([0, 0]);
  });

  onEveryBackend([...examples, ...quantised, blocked(3, 4), columns, sized(0), attention()]);
});
