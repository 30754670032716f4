/** Models whose sizes agree only for some values of their dimensions, as exporters write them, become programs of these. */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError } from "./index.ts";
import { agrees } from "./testing/agrees.ts";
import { floats, longs, type ModelSpec } from "./testing/onnxBuilder.ts";
import { imported, node, x, y } from "./testing/smallModel.ts";

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
    await agrees(downAndUp, [row([3, 1, 4, 1, 5, 9])], [3], result);
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
    await agrees(model, [floats([2], [1, 2]), floats([2], [3, 5])], [2], result);
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
    await agrees(model, [floats([3], [10, 20, 30])], [3], result);
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

  it("refuses sizes that agree for no value, or for none that the options leave", () => {
    const never: ModelSpec = {
      nodes: [node("Concat", ["x", "x"], "twice", { axis: 0 }), node("Add", ["x", "twice"], "y")],
      inputs: [x],
      outputs: [y],
    };
    expect(() => imported(never)).to.throw(GraphError, "[N] and [2*N] do not broadcast");
    expect(() => imported(downAndUp, { symbols: { N: 7 } })).to.throw(GraphError, "do not broadcast");
  });

  it("takes the rows of a table's columns as one dimension, though there may be no more than eight", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `column ${i}`);
    const column = { dtype: DType.FLOAT32, shape: ["?", 1] };
    const model: ModelSpec = {
      nodes: [node("Concat", names, "y", { axis: 1 })],
      inputs: names.map((name) => ({ ...column, name })),
      outputs: [y],
    };
    const result = imported(model);
    const others = names.slice(1).map((name) => `${name}.0`);
    expect(result.report.symbols).to.deep.equal([{ name: "column 0.0", least: 1, greatest: 1024 }]);
    expect(result.report.remarks).to.deep.equal([
      `dimensions ${others.join(", ")} are column 0.0: the model's sizes agree only so`,
    ]);
    const columns = names.map((_, i) => floats([3, 1], [i, -i, i / 7]));
    await agrees(model, columns, [3], result);
    const apart = names.slice(0, 9).map((name, i) => node("Neg", [name], `out ${i}`));
    const lonely: ModelSpec = { nodes: apart, inputs: model.inputs.slice(0, 9), outputs: [{ ...y, name: "out 0" }] };
    expect(() => imported(lonely)).to.throw(GraphError, "column 8.0 is the ninth named dimension");
  });

  it("remarks that an output is declared with a shape that it has not", () => {
    const relu: ModelSpec = { nodes: [node("Relu", ["x"], "y")], inputs: [x], outputs: [{ ...y, shape: [1, 5] }] };
    expect(imported(relu).report.remarks).to.deep.equal(['output "y" is [N], declared [1, 5]']);
  });
});
