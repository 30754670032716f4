/** The fusion pass: what is taken in, what is not, and that it changes no bits. */
import { expect } from "chai";
import { denseBytes, DType, float32, run, type Tensor } from "@assay/vm";
import { importOnnx } from "./index.ts";
import { buildModel, floats, type NodeSpec } from "./testing/onnxBuilder.ts";

const node = (operator: string, inputs: string[], output: string): NodeSpec => ({
  operator,
  inputs,
  outputs: [output],
});

const values = Array.from({ length: 12 }, (_, i) => Math.sin(i) * 3);

function build(nodes: readonly NodeSpec[], outputs: readonly string[]) {
  const x = { name: "x", dtype: DType.FLOAT32, shape: [3, 4] };
  const bytes = buildModel({
    nodes,
    inputs: [x],
    outputs: outputs.map((name) => ({ name, dtype: DType.FLOAT32 })),
    constants: { w: floats([4, 4], [...values, ...values.slice(0, 4)]), b: floats([4], values.slice(0, 4)) },
  });
  const { program, report } = importOnnx(bytes);
  const results = run(program, { inputs: [floats([3, 4], values)], symbols: [], seed: 0n, calls: 1 }).outputs;
  return { nodes: report.nodeOperators.prompt, results };
}

const bits = (tensor: Tensor) => Buffer.from(denseBytes(tensor)).toString("hex");

describe("fuse", () => {
  it("moves element-wise consumers into a reduction's end and into each other", () => {
    const chain = [node("MatMul", ["x", "w"], "m"), node("Add", ["m", "b"], "a"), node("Relu", ["a"], "y")];
    expect(build(chain, ["y"]).nodes).to.deep.equal(["Relu"]);
    const tree = [
      node("Abs", ["x"], "p"),
      node("Neg", ["x"], "q"),
      node("Mul", ["p", "q"], "r"),
      node("Relu", ["r"], "y"),
    ];
    expect(build(tree, ["y"]).nodes).to.deep.equal(["Relu"]);
  });

  it("changes no bits", () => {
    const chain = [node("MatMul", ["x", "w"], "m"), node("Add", ["m", "b"], "a"), node("Tanh", ["a"], "y")];
    const fused = build(chain, ["y"]);
    const apart = build(chain, ["m", "a", "y"]);
    expect(apart.nodes).to.deep.equal(["MatMul", "Add", "Tanh"]);
    expect(bits(fused.results[0])).to.equal(bits(apart.results[2]));
  });

  it("leaves alone what is used twice, is an output, or has another shape", () => {
    const twice = [node("Abs", ["x"], "p"), node("Relu", ["p"], "q"), node("Add", ["p", "q"], "y")];
    // q goes into y; p has two users.
    expect(build(twice, ["y"]).nodes).to.deep.equal(["Abs", "Add"]);
    const output = [node("Abs", ["x"], "p"), node("Neg", ["p"], "y")];
    expect(build(output, ["p", "y"]).nodes).to.deep.equal(["Abs", "Neg"]);
    const wider = [node("ReduceMax", ["x"], "p"), node("Add", ["x", "p"], "y")];
    expect(build(wider, ["y"]).nodes).to.deep.equal(["ReduceMax", "Add"]);
  });

  it("stops where a section would be too long or load from too many places", () => {
    const names = [..."opqrstuv"];
    const long = names.map((name, i) => node("Sigmoid", [i === 0 ? "x" : names[i - 1]], name));
    const { nodes, results } = build(long, ["v"]);
    expect(nodes.length).to.be.greaterThan(2).and.lessThan(8);
    expect(bits(results[0])).to.equal(bits(build(long, names).results[7]));
  });

  it("rounds between fused nodes as a store and a load would", () => {
    const cast = (to: number, input: string, output: string): NodeSpec => ({
      ...node("Cast", [input], output),
      attributes: { to },
    });
    const chain = [cast(DType.FLOAT16, "x", "h"), cast(DType.FLOAT32, "h", "y")];
    const { nodes, results } = build(chain, ["y"]);
    expect(nodes).to.deep.equal(["Cast"]);
    const halves = new Float32Array(denseBytes(results[0]).slice().buffer);
    values.forEach((value, i) => {
      expect(halves[i]).to.equal(float32.toNumber(float32.fromHalf(float32.toHalf(float32.fromNumber(value)))));
    });
  });
});
