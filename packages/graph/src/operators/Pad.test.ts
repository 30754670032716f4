/** Padding along axes of symbolic size beside the definition of each mode, for every size of a symbol. */
import { expect } from "chai";
import { DType, denseBytes, run } from "@assay/vm";
import { GraphError, importOnnx, type ImportOptions } from "../index.ts";
import { buildModel, floats, longs, type NodeSpec } from "../testing/onnxBuilder.ts";

const MODES = ["constant", "reflect", "edge", "wrap"] as const;
type Mode = (typeof MODES)[number];

/** Where the element comes from that stands `at` places from the first; undefined: nowhere. */
function origin(mode: Mode, at: number, size: number): number | undefined {
  if (at >= 0 && at < size) return at;
  if (mode === "constant") return undefined;
  if (mode === "edge") return at < 0 ? 0 : size - 1;
  if (mode === "wrap") return origin(mode, at < 0 ? at + size : at - size, size);
  if (size === 1) return 0;
  // The mirrors stand at the first and the last element.
  return origin(mode, at < 0 ? -at : 2 * (size - 1) - at, size);
}

/** A model of one Pad along an axis of size N; `pads` are constants, or values that `nodes` make. */
function padModel(mode: Mode, pads: readonly number[], nodes: readonly NodeSpec[] = []): Uint8Array {
  return buildModel({
    opset: 19,
    nodes: [...nodes, { operator: "Pad", inputs: ["x", "pads"], outputs: ["y"], attributes: { mode } }],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: ["N"] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: nodes.length === 0 ? { pads: longs([2], pads) } : { zero: longs([1], [0]) },
  });
}

function padded(model: Uint8Array, size: number, options: ImportOptions = {}): number[] {
  const { program } = importOnnx(model, options);
  const x = floats(
    [size],
    Array.from({ length: size }, (_, i) => i + 1),
  );
  const [y] = run(program, { inputs: [x], symbols: [size], seed: 0n, calls: 1 }).outputs;
  return [...new Float32Array(denseBytes(y).slice().buffer)];
}

function expected(mode: Mode, [before, after]: readonly number[], size: number): number[] {
  return Array.from({ length: before + size + after }, (_, i) => (origin(mode, i - before, size) ?? -1) + 1);
}

describe("Pad", () => {
  for (const mode of MODES) {
    it(`${mode}: every size from 1 on`, () => {
      for (const pads of [
        [3, 4],
        [5, -1],
        [-1, 2],
      ]) {
        for (let size = 1; size <= 12; size++) {
          expect(padded(padModel(mode, pads), size), `${pads}, size ${size}`).to.deep.equal(expected(mode, pads, size));
        }
      }
    });

    it(`${mode}: as many elements as there are`, () => {
      const twice: NodeSpec[] = [
        { operator: "Shape", inputs: ["x"], outputs: ["size"] },
        { operator: "Concat", inputs: ["size", "zero"], outputs: ["pads"], attributes: { axis: 0 } },
      ];
      for (const size of [1, 2, 7]) {
        expect(padded(padModel(mode, [], twice), size)).to.deep.equal(expected(mode, [size, 0], size));
      }
    });
  }

  it("reflects without a period where every size has room for it", () => {
    const record = (least: number): Uint8Array =>
      importOnnx(padModel("reflect", [3, 4]), { symbols: { N: { least, greatest: 99 } } }).program.prompt[0];
    expect(record(5)).to.deep.equal(record(6));
    expect(record(5)).not.to.deep.equal(record(4));
  });

  it("refuses to pad an axis that may be empty, and says what helps", () => {
    for (const mode of ["reflect", "edge", "wrap"] as const) {
      const symbols = { N: { least: 0, greatest: 9 } };
      expect(() => importOnnx(padModel(mode, [1, 1]), { symbols })).to.throw(GraphError, /--symbol.*\[UNSUPPORTED\]/);
      expect(() => importOnnx(padModel(mode, [1, 1]), { symbols: { N: 0 } })).to.throw(GraphError, "SHAPE_MISMATCH");
    }
    expect(padded(padModel("constant", [1, 1]), 0, { symbols: { N: { least: 0, greatest: 9 } } })).to.deep.equal([
      0, 0,
    ]);
  });

  it("refuses an amount that may be negative", () => {
    const less: NodeSpec[] = [
      { operator: "Shape", inputs: ["x"], outputs: ["size"] },
      { operator: "Constant", inputs: [], outputs: ["four"], attributes: { value_ints: [4] } },
      { operator: "Sub", inputs: ["four", "size"], outputs: ["rest"] },
      { operator: "Concat", inputs: ["zero", "rest"], outputs: ["pads"], attributes: { axis: 0 } },
    ];
    expect(() => importOnnx(padModel("constant", [], less))).to.throw(GraphError, /--symbol.*\[UNSUPPORTED\]/);
    const symbols = { N: { least: 1, greatest: 4 } };
    expect(padded(padModel("edge", [], less), 3, { symbols })).to.deep.equal([1, 2, 3, 3]);
  });
});
