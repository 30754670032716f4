/** Models that compute in float64 are computed in float32: beside onnxruntime on numbers that are exact in both, and told. */
import { expect } from "chai";
import { DType, type Tensor } from "@assay/vm";
import { GraphError, importOnnx } from "./index.ts";
import { FLOAT64 } from "./onnx/tensor.ts";
import { agrees } from "./testing/agrees.ts";
import { buildModel, floats, longs, type ModelSpec } from "./testing/onnxBuilder.ts";

const x = { name: "x", dtype: FLOAT64, shape: [4] };
const y = { name: "y", dtype: FLOAT64 };
const node = (operator: string, inputs: string[], output: string, attributes = {}) => ({
  operator,
  inputs,
  outputs: [output],
  attributes,
});
const doubles = (shape: number[], values: number[]): Tensor => ({
  ...{ dtype: FLOAT64 as DType, shape },
  data: new Uint8Array(Float64Array.from(values).buffer),
});
const numbers = floats([4], [0.1, -3.75, 1e30, 2 ** -130]);
const reported = (spec: ModelSpec) => importOnnx(buildModel(spec)).report;

describe("float64", () => {
  for (const operator of ["Add", "Sub", "Mul", "Div"]) {
    it(`inputs and outputs are float32: ${operator}`, async () => {
      const spec: ModelSpec = {
        nodes: [node(operator, ["x", "z"], "y")],
        inputs: [x, { ...x, name: "z" }],
        outputs: [y],
      };
      const { inputs, outputs, remarks } = reported(spec);
      expect([...inputs, ...outputs].map(({ dtype }) => dtype)).to.deep.equal(["float32", "float32", "float32"]);
      expect(remarks).to.deep.equal(['float64 is computed in float32: input "x", input "z", output "y"']);
      await agrees(spec, [numbers, floats([4], [0.7, 0.3, -3e7, 5])]);
    });
  }

  it("is what a Cast to it gives, as far as the next", async () => {
    const spec: ModelSpec = {
      nodes: [
        node("Cast", ["x"], "wide", { to: FLOAT64 }),
        node("Mul", ["wide", "half"], "product"),
        node("Cast", ["product"], "y", { to: DType.FLOAT32 }),
      ],
      inputs: [{ ...x, dtype: DType.FLOAT32 }],
      outputs: [{ ...y, dtype: DType.FLOAT32 }],
      constants: { half: doubles([], [0.5]) },
    };
    expect(reported(spec).remarks).to.deep.equal(["float64 is computed in float32: node #0 (Cast)"]);
    await agrees(spec, [numbers]);
  });

  it("is told once, of four nodes by their names", () => {
    const names = Array.from({ length: 6 }, (_, i) => `x${i}`);
    const casts = names.map((name) => node("Cast", ["x"], name, { to: FLOAT64 }));
    const sums = node("Sum", names, "y");
    const spec: ModelSpec = { nodes: [...casts, sums], inputs: [{ ...x, dtype: DType.INT64 }], outputs: [y] };
    const nodes = [0, 1, 2, 3].map((i) => `node #${i} (Cast)`).join(", ");
    expect(reported(spec).remarks).to.deep.equal([
      `float64 is computed in float32: output "y", ${nodes}, 2 more nodes`,
    ]);
  });

  it("is told of a loop's body once", () => {
    const item = { name: "item", dtype: DType.FLOAT32, shape: [] };
    const body = {
      nodes: [node("Cast", ["item"], "own", { to: FLOAT64 })],
      inputs: [item],
      outputs: [{ ...item, name: "own", dtype: FLOAT64 }],
    };
    const spec: ModelSpec = {
      nodes: [node("Scan", ["x"], "y", { num_scan_inputs: 1, body: { graph: body } })],
      inputs: [{ ...x, dtype: DType.FLOAT32 }],
      outputs: [y],
    };
    expect(reported(spec).remarks).to.deep.equal([
      'float64 is computed in float32: output "y", node #0 (Scan): node #0 (Cast)',
    ]);
  });

  it("constants must be exact in float32", () => {
    const add: ModelSpec = { nodes: [node("Add", ["x", "w"], "y")], inputs: [x], outputs: [y] };
    const refused = (spec: ModelSpec, place: string) =>
      expect(() => reported(spec))
        .to.throw(GraphError, "element 1, 0.1, is not exact in binary32")
        .that.includes({ node: place });
    refused({ ...add, constants: { w: doubles([2, 1], [0.5, 0.1]) } }, 'constant "w"');
    const constant = node("Constant", [], "w", { value: { tensor: doubles([2, 1], [0.5, 0.1]) } });
    refused({ ...add, nodes: [constant, ...add.nodes] }, "node #0 (Constant)");
    expect(reported({ ...add, constants: { w: doubles([1], [0.5]) } }).outputs[0].dtype).to.equal("float32");
  });

  it("inputs are bound to float32, and outputs hold nothing else", () => {
    const add: ModelSpec = { nodes: [node("Add", ["x", "x"], "y")], inputs: [x], outputs: [y] };
    const bind = (own: ModelSpec, value: Tensor) => importOnnx(buildModel(own), { bind: { x: value } }).report;
    expect(bind(add, numbers).inputs).to.deep.equal([]);
    expect(() => bind(add, longs([4], [1, 2, 3, 4]))).to.throw(GraphError, "type 7, not 1");
    const sizes: ModelSpec = { ...add, nodes: [node("Shape", ["x"], "y")] };
    expect(() => reported(sizes)).to.throw(GraphError, "the output is int64, declared float32");
  });
});
