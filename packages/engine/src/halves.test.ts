/**
 * Sums of products of floats of two bytes, as models are exported to be half as large: contractions like those of floats of
 * four, with the interpreter's bits on every backend.
 *
 * @weight 15
 */
import { DType, float32, Layout, tensorOfWords, type Tensor } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildModel, type ModelSpec, type NodeSpec } from "../../graph/src/testing/onnxBuilder.ts";
import { fixed } from "./codegen/graph.ts";
import { LinearMemory } from "./plan/memory.ts";
import { planList } from "./plan/nodes.ts";
import { matches } from "./plan/steps.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";

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

/** How many nodes of a program's one list are contractions. */
function contractionsOf({ program, request }: Example): number {
  const list = planList(new Layout(program, request), [0], new LinearMemory(false, 0));
  const given = ({ dtype, shape }: Tensor) => {
    return { dtype, count: fixed(shape.reduce((product, size) => product * size, 1)), address: () => fixed(0) };
  };
  for (const node of list.nodes) node.address = fixed(0);
  const [inputs, parameters] = [request.inputs, program.params].map((tensors) => tensors.map(given));
  return matches([list], { inputs, parameters, lists: { prompt: list }, history: () => 0 }, request).size;
}

describe("floats of two bytes", () => {
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

  it("are contractions", () => {
    for (const one of examples) expect(contractionsOf(one), one.name).to.equal(1);
  });

  onEveryBackend(examples);
});
