/** Operators over axes whose size the request decides, where what they do depends on the size. */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError } from "./index.ts";
import { agrees } from "./testing/agrees.ts";
import { floats, longs, type ModelSpec } from "./testing/onnxBuilder.ts";
import { imported, node, x, y } from "./testing/smallModel.ts";

describe("symbolic sizes", () => {
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
    await agrees(anchors, [floats([3], [10, 20, 30])], [3], result);
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

  it("cuts from the end what an axis has, where it may have fewer", async () => {
    const model: ModelSpec = {
      nodes: [node("Slice", ["x", "start", "end"], "y")],
      inputs: [x],
      outputs: [y],
      constants: { start: longs([1], [-4]), end: longs([1], [99999]) },
    };
    const result = imported(model);
    expect(result.report.outputs[0].shape).to.equal("[min(N,4)]");
    await agrees(model, [floats([3], [1, 2, 3])], [3], result);
    await agrees(model, [floats([6], [1, 2, 3, 4, 5, 6])], [6], result);
  });

  it("turns round an axis, all of it or what lies between two places", async () => {
    for (const [start, end] of [
      [-1, -99999],
      [-2, 0],
      [3, -3],
      [-1, -4],
    ]) {
      const model: ModelSpec = {
        nodes: [node("Slice", ["x", "start", "end", "axis", "back"], "y")],
        inputs: [x],
        outputs: [y],
        constants: {
          start: longs([1], [start]),
          end: longs([1], [end]),
          axis: longs([1], [0]),
          back: longs([1], [-1]),
        },
      };
      for (let size = 1; size <= 8; size++) {
        const values = Array.from({ length: size }, (_, i) => i);
        await agrees(model, [floats([size], values)], [size]);
      }
    }
  });
});
