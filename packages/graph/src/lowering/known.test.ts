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
      large: longs([1], [2000]),
      one: floats([], [1]),
      two: floats([], [2]),
      half: floats([], [0.5]),
      many: floats([], [2 ** 20]),
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

  it("arithmetic of floats that are whole, rounded to integers", () => {
    const scaled = (factor: string): NodeSpec[] => [
      node("Cast", ["sizes"], "floats", { to: DType.FLOAT32 }),
      node("Mul", ["floats", factor], "product"),
      node("Add", ["product", "one"], "sum"),
      node("Max", ["sum", "two"], "greater"),
      node("Floor", ["greater"], "rounded"),
      node("Cast", ["rounded"], "target", { to: DType.INT64 }),
    ];
    expect(shapeOf(scaled("two"))).to.equal("[1+2*batch, 13]");
    expect(() => shapeOf(scaled("half"))).to.throw(GraphError, "DATA_DEPENDENT_SHAPE");
    // Beyond 2^24 a sum may be rounded.
    expect(() => shapeOf(scaled("many"))).to.throw(GraphError, "DATA_DEPENDENT_SHAPE");
  });

  it("comparisons that the bounds of a symbol decide", () => {
    const chosen = (operator: string, other: string, also: NodeSpec[] = []): NodeSpec[] => [
      node(operator, ["sizes", other], "condition"),
      ...also,
      node("Where", [also.at(-1)?.outputs[0] ?? "condition", "sizes", "axis"], "target"),
    ];
    const opposite = [node("Not", ["condition"], "opposite")];
    const twice = [node("Not", ["condition"], "opposite"), node("Or", ["opposite", "condition"], "any")];
    const never = [node("Not", ["condition"], "opposite"), node("And", ["opposite", "condition"], "both")];
    for (const operator of ["Less", "LessOrEqual"]) expect(shapeOf(chosen(operator, "large"))).to.equal("[batch, 6]");
    for (const operator of ["Greater", "GreaterOrEqual", "Equal"]) {
      expect(shapeOf(chosen(operator, "large"))).to.equal("[0, 0]");
      expect(shapeOf(chosen(operator, "large", opposite))).to.equal("[batch, 6]");
    }
    expect(shapeOf(chosen("Less", "large", twice))).to.equal("[batch, 6]");
    expect(shapeOf(chosen("Less", "large", never))).to.equal("[0, 0]");
    for (const operator of ["Less", "Equal"]) {
      expect(() => shapeOf(chosen(operator, "twoRows"))).to.throw(GraphError, "DATA_DEPENDENT_SHAPE");
    }
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
