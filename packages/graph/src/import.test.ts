/** The committed models become the same programs everywhere, and compute what onnxruntime computes. */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, makeTensor, run } from "@assay/vm";
import { importOnnx } from "./index.ts";
import { readHeldOut } from "./testing/digits.ts";

const root = new URL("../../../", import.meta.url);
const bytesOf = (path: string) => readFileSync(new URL(path, root));
const snapshot = JSON.parse(readFileSync(new URL("snapshots/programs.json", root), "utf8")) as Record<
  string,
  { programRoot: string; paramsRoot: string }
>;

describe("importOnnx", () => {
  it("gives the digit model the root of the snapshot, every time", () => {
    for (let time = 0; time < 2; time++) {
      const { programRoot, paramsRoot } = importOnnx(bytesOf("models/digits/digits.onnx")).report;
      expect({ programRoot, paramsRoot }).to.deep.equal(snapshot.digits);
    }
  });

  it("classifies held-out digits as onnxruntime does, to a hundredth of a thousandth", async () => {
    const model = bytesOf("models/digits/digits.onnx");
    const { images } = readHeldOut(16);
    const { program } = importOnnx(model);
    const input = makeTensor(DType.FLOAT32, [images.length, 1, 8, 8], bytesOfFloats(images.flat()));
    const [logits] = run(program, { inputs: [input], symbols: [images.length], seed: 0n, calls: 1 }).outputs;
    const session = await InferenceSession.create(model);
    const theirs = await session.run({
      image: new OrtTensor("float32", Float32Array.from(images.flat()), [images.length, 1, 8, 8]),
    });
    const expected = theirs.logits.data as Float32Array;
    const ours = new Float32Array(denseBytes(logits).slice().buffer);
    expect(logits.shape).to.deep.equal([16, 10]);
    ours.forEach((value, i) => expect(value).to.be.closeTo(expected[i], 1e-5 * Math.max(1, Math.abs(expected[i]))));
  });
});

function bytesOfFloats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
