/** Models that compute in float64 are computed in float32: beside onnxruntime on numbers that are exact in both, and told. */
import { expect } from "chai";
import { DType, type Tensor } from "@assay/vm";
import { GraphError, importOnnx } from "./index.ts";
import { heldThreshold } from "./lowering/treeNumbers.ts";
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

  it("thresholds of trees decide the same of every float32", () => {
    const bits = (value: number) => new Int32Array(Float32Array.of(value).buffer)[0];
    const floatOf = (pattern: number) => new Float32Array(Int32Array.of(pattern).buffer)[0];
    const around = (value: number) => [-2, -1, 0, 1, 2].map((step) => floatOf(bits(Math.fround(value)) + step));
    const thresholds = [
      0.1,
      -0.1,
      1 / 3,
      5.750000000000001,
      1e-50,
      -1e-50,
      3.5e38,
      -3.5e38,
      1e300,
      2 ** -149 * 1.5,
      16777217,
      0.5,
      0,
    ];
    for (const t of thresholds) {
      for (const x of [...around(t), 0, -0, 2 ** -149, -(2 ** -149), Infinity, -Infinity, NaN]) {
        const held = (["LEQ", "LT", "GTE", "GT"] as const).map((mode) => heldThreshold({ mode, threshold: t }));
        expect(held.map(Math.fround), `${t}`).to.deep.equal(held);
        const [leq, lt, gte, gt] = held;
        expect([x <= leq, x < lt, x >= gte, x > gt], `${x} and ${t}`).to.deep.equal([x <= t, x < t, x >= t, x > t]);
      }
    }
    expect(() => heldThreshold({ mode: "EQ", threshold: 0.1 })).to.throw(GraphError, "an equality with 0.1");
  });

  it("forests walk as onnxruntime's do, beside thresholds that no float32 is; weights are rounded, and told", async () => {
    const forest = (weights: Tensor): ModelSpec => ({
      nodes: [
        {
          ...node("TreeEnsemble", ["x"], "y", {
            // Four trees of one comparison of 0.1 each: ≤, <, ≥ and >.
            nodes_featureids: [0, 0, 0, 0],
            nodes_splits: { tensor: doubles([4], [0.1, 0.1, 0.1, 0.1]) },
            nodes_modes: { tensor: { dtype: DType.UINT8, shape: [4], data: Uint8Array.of(0, 1, 2, 3) } },
            nodes_truenodeids: [1, 3, 5, 7],
            nodes_trueleafs: [1, 1, 1, 1],
            nodes_falsenodeids: [0, 2, 4, 6],
            nodes_falseleafs: [1, 1, 1, 1],
            leaf_targetids: [0, 0, 0, 0, 0, 0, 0, 0],
            leaf_weights: { tensor: weights },
            tree_roots: [0, 1, 2, 3],
            n_targets: 1,
          }),
          domain: "ai.onnx.ml",
        },
      ],
      inputs: [{ ...x, shape: [5, 1] }],
      outputs: [y],
      mlOpset: 5,
    });
    const rows = floats([5, 1], [0, 0.09999999403953552, 0.10000000149011612, 0.2, -1]);
    const exact = forest(doubles([8], [0, 1, 0, 2, 0, 4, 0, 8]));
    const told = 'float64 is computed in float32: input "x", output "y"';
    expect(reported(exact).remarks).to.deep.equal([told]);
    await agrees(exact, [rows]);
    const rounded = forest(doubles([8], [0, 0.1, 0, 0.2, 0, 0.3, 0, 0.4]));
    const weights = "float64 weights are rounded to float32: node #0 (TreeEnsemble)";
    expect(reported(rounded).remarks).to.deep.equal([told, weights]);
    const beyond = () => reported(forest(doubles([8], [0, 0, 0, 0, 0, 0, 0, 1e39])));
    expect(beyond).to.throw(GraphError, "a weight of 1e+39 is beyond float32");
  });

  it("older forests keep their numbers in tensors of float64, too", async () => {
    const spec: ModelSpec = {
      nodes: [
        {
          ...node("TreeEnsembleRegressor", ["x"], "y", {
            nodes_treeids: [0, 0, 0],
            nodes_nodeids: [0, 1, 2],
            nodes_featureids: [0, 0, 0],
            nodes_modes: ["BRANCH_LT", "LEAF", "LEAF"],
            nodes_values_as_tensor: { tensor: doubles([3], [0.1, 0, 0]) },
            nodes_truenodeids: [1, 0, 0],
            nodes_falsenodeids: [2, 0, 0],
            target_ids: [0, 0],
            target_treeids: [0, 0],
            target_nodeids: [1, 2],
            target_weights_as_tensor: { tensor: doubles([2], [0.7, -0.3]) },
            n_targets: 1,
          }),
          domain: "ai.onnx.ml",
        },
      ],
      inputs: [{ ...x, shape: [3, 1] }],
      outputs: [{ ...y, dtype: DType.FLOAT32 }],
    };
    await agrees(spec, [floats([3, 1], [0.09999999403953552, 0.10000000149011612, 3])]);
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
