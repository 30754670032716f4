/**
 * Models as scikit-learn, XGBoost and LightGBM export them (scripts/train/classical.py), beside onnxruntime: labels equal,
 * scores to a hundred-thousandth. Maps are dropped for their tensors, strings are indices into a table.
 */
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, keccak, loadWord, makeTensor, run, toHex, type Tensor } from "@assay/vm";
import { float32 } from "@assay/vm";
import { GraphError, importOnnx, labelBytes } from "./index.ts";
import { decodeModelProto, encodeModelProto } from "./onnx/schema.ts";
import { buildModel } from "./testing/onnxBuilder.ts";

const FOLDER = new URL("testing/models/", import.meta.url);
const { rows, categories } = JSON.parse(readFileSync(new URL("rows.json", FOLDER), "utf8")) as Record<
  string,
  number[][]
>;
const models = readdirSync(FOLDER).filter((name) => name.endsWith(".onnx"));

/** The model with each map of scores replaced by its tensor, for onnxruntime gives no maps here. */
function withoutMaps(bytes: Uint8Array): Uint8Array {
  const model = decodeModelProto(bytes);
  const { node = [], output = [] } = model.graph!;
  const maps = new Map(node.filter(({ opType }) => opType === "ZipMap").map((map) => [map.output![0], map.input![0]]));
  const outputs = output.map((own) => {
    const name = maps.get(own.name!);
    return name === undefined ? own : { name, type: { tensorType: { elemType: DType.FLOAT32 } } };
  });
  const nodes = node.filter(({ opType }) => opType !== "ZipMap");
  return encodeModelProto({ ...model, graph: { ...model.graph, node: nodes, output: outputs } });
}

function compare(own: Tensor, theirs: OrtTensor, labels: readonly string[] | null): void {
  expect(own.shape).to.deep.equal([...theirs.dims]);
  const data = denseBytes(own);
  for (let i = 0; i < theirs.data.length; i++) {
    const word = loadWord(own.dtype, data, i);
    const expected = (theirs.data as unknown[])[i];
    if (labels !== null) expect(labels[Number(word)], `label ${i}`).to.equal(expected);
    else if (own.dtype === DType.FLOAT32) {
      const wanted = Number(expected);
      const value = float32.toNumber(Number(word));
      expect(Math.abs(value - wanted), `score ${i}`).to.be.at.most(1e-5 * Math.max(1, Math.abs(wanted)));
    } else expect(BigInt(word), `label ${i}`).to.equal(BigInt(expected as bigint));
  }
}

describe("classical models", () => {
  for (const name of models) {
    it(name.replace(".onnx", ""), async () => {
      const bytes = readFileSync(new URL(name, FOLDER));
      const data = name.startsWith("encoded") ? categories : rows;
      const shape = [data.length, data[0].length];
      const values = Float32Array.from(data.flat());
      const { program, report } = importOnnx(bytes);
      const input = makeTensor(DType.FLOAT32, shape, new Uint8Array(values.buffer));
      const symbols = report.symbols.map(() => data.length);
      const { outputs } = run(program, { inputs: [input], symbols, seed: 0n, calls: 1 });
      const session = await InferenceSession.create(withoutMaps(bytes), { logSeverityLevel: 3 });
      const theirs = await session.run({ [session.inputNames[0]]: new OrtTensor("float32", values, shape) });
      expect(outputs).to.have.length(session.outputNames.length);
      outputs.forEach((own, i) => compare(own, theirs[session.outputNames[i]], report.labels?.[i] ?? null));
    }).timeout(60_000);
  }

  it("strings are a table whose address stands in the header", () => {
    const { program, report } = importOnnx(readFileSync(new URL("forestNames.onnx", FOLDER)));
    expect(report.labels).to.deep.equal([["high", "low", "middle"], null]);
    expect(toHex(program.header.labels)).to.equal(toHex(keccak(labelBytes(report.labels!))));
    expect(new TextDecoder().decode(labelBytes(report.labels!))).to.equal('[["high","low","middle"],null]');
  });

  it("coefficients that a linear classifier has beyond its scores are told, and too few are refused", () => {
    const linear = (coefficients: number[]) => {
      const intercepts = { floats: [1, 2, 3] };
      const attributes = { classlabels_ints: [0, 1, 2], coefficients: { floats: coefficients }, intercepts };
      const node = { operator: "LinearClassifier", domain: "ai.onnx.ml", inputs: ["x"], attributes };
      return buildModel({
        nodes: [{ ...node, outputs: ["label", "scores"] }],
        inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [3, 2] }],
        outputs: [{ name: "label", dtype: DType.INT64 }],
      });
    };
    const six = [1, 2, 3, 4, 5, 6];
    expect(importOnnx(linear(six)).report.remarks).to.deep.equal([]);
    const { report } = importOnnx(linear([...six, 7, 8]));
    expect(report.remarks).to.deep.equal(["of 8 coefficients the first 6 are read: node #0 (LinearClassifier)"]);
    expect(report.programRoot).to.equal(importOnnx(linear(six)).report.programRoot);
    expect(() => importOnnx(linear([1, 2, 3, 4]))).to.throw(GraphError, "coefficients");
  });

  it("operations on strings, and strings from nowhere, are refused", () => {
    const classifier = {
      operator: "LinearClassifier",
      domain: "ai.onnx.ml",
      inputs: ["x"],
      outputs: ["label", "scores"],
      attributes: { classlabels_strings: ["a", "b"], coefficients: { floats: [1, 2, 3, 4] } },
    };
    const x = { name: "x", dtype: DType.FLOAT32, shape: [3, 2] };
    const refused = (nodes: Parameters<typeof buildModel>[0]["nodes"], name: string, dtype: number, text: string) =>
      expect(() => importOnnx(buildModel({ nodes, inputs: [x], outputs: [{ name, dtype }] }))).to.throw(
        GraphError,
        text,
      );
    const neg = { operator: "Neg", inputs: ["label"], outputs: ["y"] };
    refused([classifier, neg], "y", DType.INT64, "an operation on strings");
    refused([classifier], "label", DType.INT64, "the output holds strings");
    refused([{ ...neg, inputs: ["x"] }], "y", 8, "declared to hold strings");
  });
});
