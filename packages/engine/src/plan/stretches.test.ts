/** Columns packed a stretch at a time: what is cut, and that the packed form is the one that is made at once. */
import { expect } from "chai";
import { StoredTensor, DType, makeTensor, run, type ByteStore, type Program, type Tensor } from "@assay/vm";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../../graph/src/index.ts";
import { buildModel } from "../../../graph/src/testing/onnxBuilder.ts";
import { Random } from "../../../graph/src/testing/random.ts";
import { Engine } from "../index.ts";
import { setsOrSkip } from "../native/testing.ts";
import { STRETCH_BYTES, stretchesOf } from "./stretches.ts";

const PANEL = 8;
const range = (count: number, step: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i * step);

/** Each place of the columns is in exactly one stretch, and each of its elements in that stretch's range. */
function expectWhole(lane: Int32Array, depth: Int32Array): void {
  const seen = new Uint8Array(lane.length * depth.length);
  for (const { n0, n1, r0, r1, low, high } of stretchesOf(lane, depth, PANEL)!) {
    expect([n0 % PANEL, r0 % 16]).to.deep.equal([0, 0]);
    expect(4 * (high - low)).to.be.at.most(STRETCH_BYTES);
    for (let n = n0; n < n1; n++)
      for (let r = r0; r < r1; r++) {
        seen[n * depth.length + r]++;
        if (lane[n] + depth[r] < low || lane[n] + depth[r] >= high) expect.fail(`lane ${n}, step ${r} is outside`);
      }
  }
  expect(seen.every((times) => times === 1)).to.equal(true);
}

describe("stretches", () => {
  it("cut the depth where lanes follow one another, and the lanes where steps do", () => {
    const [lanes, steps] = [1003, 777];
    expectWhole(range(lanes, 1), range(steps, lanes));
    expectWhole(range(lanes, steps), range(steps, 1));
    const byDepth = stretchesOf(range(lanes, 1), range(steps, lanes), PANEL)!;
    expect(byDepth.every(({ n0, n1 }) => n0 === 0 && n1 === lanes)).to.equal(true);
    const byLanes = stretchesOf(range(lanes, steps), range(steps, 1), PANEL)!;
    expect(byLanes.every(({ r0, r1 }) => r0 === 0 && r1 === steps)).to.equal(true);
  });

  it("are none where there would be one, or where they would read everything many times", () => {
    expect(stretchesOf(range(10, 1), range(10, 10), PANEL)).to.equal(undefined);
    const scattered = range(1024, 1).map((i) => Math.imul(i, 40503) & 1023);
    expect(
      stretchesOf(
        scattered.map((i) => i * 1024),
        scattered,
        PANEL,
      ),
    ).to.equal(undefined);
  });

  describe("pack the same form", () => {
    for (const backend of ["wasm", "native"] as const) {
      describe(backend, () => {
        if (backend === "native")
          before(function () {
            setsOrSkip(this);
          });
        for (const transposed of [false, true]) {
          it(transposed ? "of weights by lane" : "of weights by step", () => checkProduct(backend, transposed));
        }
        it("of a batch", () => checkBatch(backend));
      });
    }
  });
});

function floats(random: Random, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => random.normal());
  return makeTensor(DType.FLOAT32, shape, new Uint8Array(values.buffer));
}

/** A store that notes the most bytes asked for at once. */
function storeOf({ data }: Tensor): ByteStore & { most: number } {
  const store = {
    length: data.length,
    most: 0,
    read: (offset: number, target: Uint8Array) => {
      store.most = Math.max(store.most, target.length);
      target.set(data.subarray(offset, offset + target.length));
    },
  };
  return store;
}

type Checked = "wasm" | "native";

/** The engine's product with weights that lie in a store, by the interpreter's bits; no read is larger than a stretch. */
function check(backend: Checked, program: Program, input: Tensor): void {
  const request = { inputs: [input], symbols: [], seed: 0n, calls: 1 };
  const want = run(program, request).outputs[0].data;
  const stores = program.params.map((tensor) => storeOf(tensor));
  const params = program.params.map(({ dtype, shape }, i) => new StoredTensor(dtype, shape, stores[i]));
  const [got] = new Engine({ ...program, params }, { backend }).infer(request);
  expect(Buffer.compare(got.data, want)).to.equal(0);
  expect(Math.max(...stores.map(({ most }) => most))).to.be.within(1, STRETCH_BYTES);
}

function checkProduct(backend: Checked, transposed: boolean): void {
  const random = new Random(transposed ? 7 : 8);
  const [rows, depth, columns] = [3, 777, 1003];
  const x = floats(random, [rows, depth]);
  const model = buildModel({
    opset: 20,
    nodes: [{ operator: "Gemm", inputs: ["x", "w"], outputs: ["y"], attributes: { transB: transposed ? 1 : 0 } }],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [rows, depth] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: { w: floats(random, transposed ? [columns, depth] : [depth, columns]) },
  });
  check(backend, importOnnx(model).program, x);
}

function checkBatch(backend: Checked): void {
  const random = new Random(9);
  const [batches, rows, depth, columns] = [3, 2, 530, 601];
  const x = floats(random, [batches, rows, depth]);
  const model = buildModel({
    opset: 20,
    nodes: [{ operator: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [batches, rows, depth] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: { w: floats(random, [batches, depth, columns]) },
  });
  check(backend, importOnnx(model).program, x);
}
