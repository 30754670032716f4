/** Models whose sizes agree only for some values of their dimensions, as exporters write them, become programs of these. */
import { expect } from "chai";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, run, type Tensor } from "@assay/vm";
import { GraphError, importOnnx, type Imported, type ImportOptions } from "./index.ts";
import { buildModel, floats, longs, type ModelSpec } from "./testing/onnxBuilder.ts";

const x = { name: "x", dtype: DType.FLOAT32, shape: ["N"] };
const y = { name: "y", dtype: DType.FLOAT32 };
const node = (operator: string, inputs: string[], output: string, attributes = {}) => ({
  operator,
  inputs,
  outputs: [output],
  attributes,
});
const imported = (model: ModelSpec, options: ImportOptions = {}) => importOnnx(buildModel(model), options);

/** The program's only output, of floats, beside onnxruntime's. */
async function expectOnnxruntimes(model: ModelSpec, { program }: Imported, inputs: Tensor[], symbols: number[]) {
  const [own] = run(program, { inputs, symbols, seed: 0n, calls: 1 }).outputs;
  const session = await InferenceSession.create(buildModel(model), { logSeverityLevel: 3 });
  const feeds = inputs.map(({ data, shape }, i) => {
    return [model.inputs[i].name, new OrtTensor("float32", new Float32Array(data.slice().buffer), shape)] as const;
  });
  const { y: theirs } = await session.run(Object.fromEntries(feeds));
  await session.release();
  expect(own.shape).to.deep.equal(theirs.dims);
  expect(new Float32Array(denseBytes(own).slice().buffer)).to.deep.equal(theirs.data);
}

/** Halved, doubled again and added to itself, as in a network that goes down and up. */
const downAndUp: ModelSpec = {
  nodes: [
    node("MaxPool", ["x"], "down", { kernel_shape: [2], strides: [2] }),
    node("Resize", ["down", "", "scales"], "up", { mode: "nearest" }),
    node("Add", ["x", "up"], "y"),
  ],
  inputs: [{ ...x, shape: [1, 1, "N"] }],
  outputs: [y],
  constants: { scales: floats([3], [1, 1, 2]) },
};
const row = (values: number[]) => floats([1, 1, values.length], values);

describe("assumptions of dimensions", () => {
  it("takes a dimension that must be a multiple as that number times a symbol", async () => {
    const result = imported(downAndUp);
    expect(result.report.symbols).to.deep.equal([{ name: "N/2", least: 1, greatest: 512 }]);
    expect(result.report.remarks).to.deep.equal([
      "dimension N is a multiple of 2, 2 to 1024: the model's sizes agree only so",
    ]);
    expect(result.report.outputs[0].shape).to.equal("[1, 1, 2*(N/2)]");
    await expectOnnxruntimes(downAndUp, result, [row([3, 1, 4, 1, 5, 9])], [3]);
  });

  it("leaves to the options what they say of a dimension", () => {
    const given = imported(downAndUp, { symbols: { N: { least: 4, greatest: 9, multipleOf: 4 } } }).report;
    expect(given.symbols).to.deep.equal([{ name: "N/4", least: 1, greatest: 2 }]);
    expect(given.remarks).to.deep.equal([]);
    const bounded = () => imported(downAndUp, { symbols: { N: { least: 1, greatest: 8 } } });
    expect(bounded).to.throw(GraphError, /N\] and .*do not broadcast; --symbol fixes or bounds a dimension/);
    const none = () => imported(downAndUp, { symbols: { N: { least: 5, greatest: 7, multipleOf: 4 } } });
    expect(none).to.throw(GraphError, "symbol N has no multiple of 4 from 5 to 7");
  });

  it("takes two dimensions that must be the same as one", async () => {
    const model: ModelSpec = {
      nodes: [node("Add", ["x", "z"], "y")],
      inputs: [x, { ...x, name: "z", shape: ["?"] }],
      outputs: [y],
    };
    const result = imported(model);
    expect(result.report.symbols.map(({ name }) => name)).to.deep.equal(["N"]);
    expect(result.report.remarks).to.deep.equal(["dimension z.0 is N: the model's sizes agree only so"]);
    await expectOnnxruntimes(model, result, [floats([2], [1, 2]), floats([2], [3, 5])], [2]);
  });

  it("bounds a dimension by a table that it is cut from", async () => {
    const model: ModelSpec = {
      nodes: [
        node("Shape", ["x"], "size"),
        node("Slice", ["table", "zero", "size"], "part"),
        node("Add", ["x", "part"], "y"),
      ],
      inputs: [x],
      outputs: [y],
      constants: { table: floats([5], [1, 2, 3, 4, 5]), zero: longs([1], [0]) },
    };
    const result = imported(model);
    expect(result.report.symbols).to.deep.equal([{ name: "N", least: 1, greatest: 5 }]);
    await expectOnnxruntimes(model, result, [floats([3], [10, 20, 30])], [3]);
  });

  it("fixes a dimension that can have one size only", () => {
    const squeeze: ModelSpec = {
      nodes: [node("Squeeze", ["x", "axes"], "y")],
      inputs: [{ ...x, shape: ["batch", "N"] }],
      outputs: [y],
      constants: { axes: longs([1], [0]) },
    };
    const { report } = imported(squeeze);
    expect(report.remarks).to.deep.equal(["dimension batch is 1: the model's sizes agree only so"]);
    expect(report.inputs[0].shape).to.equal("[1, N]");
  });

  it("solves for a size beyond the bounds that are assumed elsewhere", () => {
    const product: ModelSpec = {
      nodes: [node("Concat", ["x", "first"], "row", { axis: 0 }), node("MatMul", ["row", "w"], "y")],
      inputs: [x],
      outputs: [y],
      constants: { first: floats([2], [1, 2]), w: floats([3000, 1], new Array<number>(3000).fill(1)) },
    };
    expect(imported(product).report.inputs[0].shape).to.equal("[2998]");
  });

  it("counts floats up to a size, as detectors place their anchors", async () => {
    const anchors: ModelSpec = {
      nodes: [
        node("Shape", ["x"], "sizes"),
        node("Squeeze", ["sizes"], "size"),
        node("Cast", ["size"], "limit", { to: DType.FLOAT32 }),
        node("Range", ["zero", "limit", "one"], "places"),
        node("Add", ["x", "places"], "y"),
      ],
      inputs: [x],
      outputs: [y],
      constants: { zero: floats([], [0]), one: floats([], [1]) },
    };
    const result = imported(anchors);
    expect(result.report.remarks).to.deep.equal([]);
    await expectOnnxruntimes(anchors, result, [floats([3], [10, 20, 30])], [3]);
  });

  it("squeezes all axes of size 1 where the bounds say which these are, and asks for bounds where not", () => {
    const squeeze: ModelSpec = {
      nodes: [node("Squeeze", ["x"], "y")],
      inputs: [{ ...x, shape: [1, "N", 1] }],
      outputs: [y],
    };
    expect(() => imported(squeeze)).to.throw(GraphError, "whether the size N is 1 is known only at run time; --symbol");
    const { report } = imported(squeeze, { symbols: { N: { least: 2, greatest: 9 } } });
    expect(report.outputs[0].shape).to.equal("[N]");
  });

  it("keeps empty tensors whose other sizes are symbolic", () => {
    const empty: ModelSpec = {
      nodes: [
        node("Shape", ["x"], "sizes"),
        node("Concat", ["sizes", "zero"], "shape", { axis: 0 }),
        node("ConstantOfShape", ["shape"], "nothing"),
        node("Mul", ["nothing", "two"], "still"),
        node("Unsqueeze", ["x", "one"], "column"),
        node("Concat", ["column", "still"], "y", { axis: 1 }),
      ],
      inputs: [x],
      outputs: [y],
      constants: { zero: longs([1], [0]), one: longs([1], [1]), two: floats([], [2]) },
    };
    expect(imported(empty).report.outputs[0].shape).to.equal("[N, 1]");
  });

  it("refuses sizes that agree for no value, or for none that the options leave", () => {
    const never: ModelSpec = {
      nodes: [node("Concat", ["x", "x"], "twice", { axis: 0 }), node("Add", ["x", "twice"], "y")],
      inputs: [x],
      outputs: [y],
    };
    expect(() => imported(never)).to.throw(GraphError, "[N] and [2*N] do not broadcast");
    expect(() => imported(downAndUp, { symbols: { N: 7 } })).to.throw(GraphError, "do not broadcast");
  });

  it("cuts from the end what an axis has, where it may have fewer", async () => {
    const model: ModelSpec = {
      nodes: [node("Slice", ["x", "start", "end"], "y")],
      inputs: [x],
      outputs: [y],
      constants: { start: longs([1], [-4]), end: longs([1], [99999]) },
    };
    const result = imported(model);
    expect(result.report.outputs[0].shape).to.equal("[min(N,4)]");
    await expectOnnxruntimes(model, result, [floats([3], [1, 2, 3])], [3]);
    await expectOnnxruntimes(model, result, [floats([6], [1, 2, 3, 4, 5, 6])], [6]);
  });

  it("remarks that an output is declared with a shape that it has not", () => {
    const relu: ModelSpec = { nodes: [node("Relu", ["x"], "y")], inputs: [x], outputs: [{ ...y, shape: [1, 5] }] };
    expect(imported(relu).report.remarks).to.deep.equal(['output "y" is [N], declared [1, 5]']);
  });
});
