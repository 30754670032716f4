/** Shape arithmetic that ends in a shape: what is known of sizes at import. */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError, importOnnx } from "../index.ts";
import { buildModel, floats, longs, type AttributeValue, type NodeSpec } from "../testing/onnxBuilder.ts";

const node = (
  operator: string,
  inputs: string[],
  output: string,
  attributes: Record<string, AttributeValue> = {},
): NodeSpec => ({ operator, inputs, outputs: [output], attributes });

/** The shape that `nodes` make of the shape `sizes` of a tensor [batch, 6]. */
function shapeOf(nodes: readonly NodeSpec[]): string {
  const bytes = buildModel({
    nodes: [node("Shape", ["x"], "sizes"), ...nodes, node("ConstantOfShape", ["target"], "y")],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: ["batch", 6] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: {
      twoRows: longs([2], [2, 2]),
      axis: longs([1], [0]),
      one: floats([], [1]),
      two: floats([], [2]),
      half: floats([], [0.5]),
    },
  });
  return importOnnx(bytes).report.outputs[0].shape;
}

describe("known sizes", () => {
  for (const [operator, all, columns] of [
    ["ReduceProd", "[6*batch]", "[batch*batch, 36]"],
    ["ReduceMax", "[max(batch,6)]", "[batch, 6]"],
    ["ReduceMin", "[min(batch,6)]", "[batch, 6]"],
  ]) {
    it(`${operator}: of all sizes, and of those along an axis`, () => {
      expect(shapeOf([node(operator, ["sizes"], "target")])).to.equal(all);
      const stacked = [
        node("Concat", ["sizes", "sizes"], "both", { axis: 0 }),
        node("Reshape", ["both", "twoRows"], "rows"),
        node(operator, ["rows"], "target", { axes: [0], keepdims: 0 }),
      ];
      expect(shapeOf(stacked)).to.equal(columns);
    });
  }

  it("ReduceSum of all sizes; sums and products of none", () => {
    expect(shapeOf([node("ReduceSum", ["sizes", "axis"], "target")])).to.equal("[6+batch]");
    const none = node("Shape", ["x"], "none", { start: 2 });
    expect(shapeOf([none, node("ReduceSum", ["none"], "target")])).to.equal("[0]");
    expect(shapeOf([none, node("ReduceProd", ["none"], "target")])).to.equal("[1]");
  });

  it("Range of floats: up to a size", () => {
    const range = (start: string, delta: string): NodeSpec[] => [
      node("ReduceProd", ["sizes"], "count", { keepdims: 0 }),
      node("Cast", ["count"], "limit", { to: DType.FLOAT32 }),
      node("Range", [start, "limit", delta], "range"),
      node("Shape", ["range"], "target"),
    ];
    expect(shapeOf(range("one", "two"))).to.equal("[3*batch]");
    expect(shapeOf(range("two", "one"))).to.equal("[-2+6*batch]");
    expect(() => shapeOf(range("one", "half"))).to.throw(GraphError, "DATA_DEPENDENT_SHAPE");
  });

  it("Cast to truth: of what is never 0", () => {
    const branches = (size: string): NodeSpec[] => [
      node("Cast", [size], "condition", { to: DType.BOOL }),
      node("Cast", ["condition"], "truth", { to: DType.INT64 }),
      node("Mul", ["sizes", "truth"], "target"),
    ];
    expect(shapeOf(branches("sizes"))).to.equal("[batch, 6]");
    expect(shapeOf(branches("axis"))).to.equal("[0, 0]");
  });
});
