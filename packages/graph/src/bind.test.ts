/** Inputs fixed at import: the same program as with a constant in the file, or a typed refusal. */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError, importOnnx, readTensorFile, type BoundValue, type ImportOptions } from "./index.ts";
import { buildModel, floats, longs, type ModelSpec } from "./testing/onnxBuilder.ts";

const model: ModelSpec = {
  nodes: [{ operator: "Expand", inputs: ["x", "shape"], outputs: ["y"] }],
  inputs: [
    { name: "x", dtype: DType.FLOAT32, shape: [1, "N"] },
    { name: "shape", dtype: DType.INT64, shape: ["N"] },
  ],
  outputs: [{ name: "y", dtype: DType.FLOAT32 }],
};
const root = (spec: ModelSpec, options: ImportOptions = {}) => importOnnx(buildModel(spec), options).report.programRoot;

function refused(bind: Record<string, BoundValue>, text: string, options: ImportOptions = {}): void {
  expect(() => importOnnx(buildModel(model), { ...options, bind })).to.throw(GraphError, text);
}

describe("bound inputs", () => {
  const [x] = model.inputs;
  const same = root({ ...model, inputs: [{ ...x, shape: [1, 2] }], constants: { shape: longs([2], [4, 2]) } });

  it("give the program that a constant in the file gives, and fix the dimensions they name", () => {
    expect(root(model, { bind: { shape: longs([2], [4, 2]) } })).to.equal(same);
    expect(root(model, { bind: { shape: { numbers: [4, 2] } } })).to.equal(same);
    expect(root(model, { bind: { shape: { numbers: [4, 2] } }, symbols: { N: { least: 1, greatest: 9 } } })).to.equal(
      same,
    );
  });

  it("are booleans, true and false, as numbers too", () => {
    const negated = (constant?: number): ModelSpec => {
      const condition = { name: "c", dtype: DType.BOOL, shape: [2] };
      return {
        nodes: [{ operator: "Where", inputs: ["c", "x", "z"], outputs: ["y"] }],
        inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [2] }, ...(constant === undefined ? [condition] : [])],
        outputs: [{ name: "y", dtype: DType.FLOAT32 }],
        constants: {
          z: floats([2], [5, 6]),
          ...(constant !== undefined && { c: { ...condition, data: Uint8Array.of(constant, 1) } }),
        },
      };
    };
    for (const [value, constant] of [
      [false, 0],
      [0, 0],
      [-0, 0],
      [true, 1],
    ] as const) {
      expect(root(negated(), { bind: { c: { numbers: [value, true] } } })).to.equal(root(negated(constant)));
    }
  });

  it("are refused where they contradict the model or the options", () => {
    refused({ shapes: longs([2], [4, 2]) }, "no input shapes");
    refused({ shape: floats([2], [4, 2]) }, "type 1, not 7");
    refused({ shape: longs([1, 2], [4, 2]) }, "declared [N]");
    refused({ shape: { numbers: [[1], 2] } }, "not a full tensor");
    refused({ shape: { numbers: [1.5] } }, "not an integer");
    refused({ shape: { numbers: ["1"] as unknown as number[] } }, "not a number");
    refused({ shape: longs([2], [4, 2]) }, "which the options exclude", { symbols: { N: 3 } });
    refused({ x: floats([1, 2], [NaN, 0]) }, "NAN_WEIGHT");
    refused({ x: floats([1, 2], [1, 0]), shape: longs([3], [1, 1, 1]) }, "both 2 and 3");
  });

  it("are read from files of three kinds, or refused with the file's name", () => {
    const text = (content: string) => new TextEncoder().encode(content);
    expect(readTensorFile("a.json", text("[[1, 2]]"))).to.deep.equal({ numbers: [[1, 2]] });
    for (const name of ["a.json", "a.npy", "a.pb", "a.txt"])
      expect(() => readTensorFile(name, text("\x93NUMPY, but not really")), name).to.throw(GraphError, name);
    const npy = (descr: string, shape: string, order = "False") => {
      const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
      return Buffer.concat([
        Buffer.from([0x93, ...text("NUMPY"), 1, 0, header.length, 0]),
        text(header),
        new Uint8Array(Float32Array.of(1, -2).buffer),
      ]);
    };
    const tensor = readTensorFile("a.npy", npy("<f4", "(2, 1)"));
    expect(tensor).to.deep.include({ dtype: DType.FLOAT32, shape: [2, 1] });
    for (const bad of [npy("<f4", "(3,)"), npy("<c8", "(1,)"), npy("<f4", "(2,)", "True"), npy("<f4", "(-2,)")])
      expect(() => readTensorFile("a.npy", bad)).to.throw(GraphError, "a.npy");
  });
});
