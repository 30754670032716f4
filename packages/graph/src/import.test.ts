/** The committed models become the same programs everywhere, and compute what onnxruntime computes. */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, makeTensor, run, tensorOfWords, wordsOf } from "@assay/vm";
import { GraphError, importOnnx, type ImportOptions } from "./index.ts";
import { decodeModelProto, encodeModelProto } from "./onnx/schema.ts";
import { readHeldOut } from "./testing/digits.ts";
import { buildModel, floats, longs } from "./testing/onnxBuilder.ts";

const root = new URL("../../../", import.meta.url);
const bytesOf = (path: string) => readFileSync(new URL(path, root));
const snapshot = JSON.parse(readFileSync(new URL("snapshots/programs.json", root), "utf8")) as Record<
  string,
  { programRoot: string; paramsRoot: string }
>;

describe("importOnnx", () => {
  const options: Readonly<Record<string, ImportOptions>> = {
    digits: {},
    sequence: {},
    text: JSON.parse(bytesOf("models/text/import.json").toString()) as ImportOptions,
  };
  for (const name of Object.keys(options)) {
    it(`gives the ${name} model the root of the snapshot, every time`, () => {
      for (let time = 0; time < 2; time++) {
        const { programRoot, paramsRoot } = importOnnx(bytesOf(`models/${name}/${name}.onnx`), options[name]).report;
        expect({ programRoot, paramsRoot }).to.deep.equal(snapshot[name]);
      }
    });
  }

  it("drops names: the same model under other names has the same roots", () => {
    const model = decodeModelProto(bytesOf("models/digits/digits.onnx"));
    const graph = model.graph!;
    const other = (name: string | undefined) => `renamed ${[...(name ?? "")].reverse().join("")}`;
    const renamed = encodeModelProto({
      ...model,
      graph: {
        ...graph,
        node: graph.node!.map((node) => ({
          ...node,
          name: other(node.name),
          input: node.input!.map(other),
          output: node.output!.map(other),
        })),
        initializer: graph.initializer!.map((tensor) => ({ ...tensor, name: other(tensor.name) })),
        input: graph.input!.map((value) => ({ ...value, name: other(value.name) })),
        output: graph.output!.map((value) => ({ ...value, name: other(value.name) })),
      },
    });
    const { programRoot, paramsRoot } = importOnnx(renamed).report;
    expect({ programRoot, paramsRoot }).to.deep.equal(snapshot.digits);
  });

  it("computes the outputs only that are asked for, in that order", () => {
    const relu = (output: string) => ({ operator: "Relu", inputs: ["x"], outputs: [output] });
    const value = (name: string) => ({ name, dtype: DType.FLOAT32, shape: [2] });
    const names = Array.from({ length: 9 }, (_, i) => `y${i}`);
    const bytes = buildModel({ nodes: names.map(relu), inputs: [value("x")], outputs: names.map(value) });
    expect(() => importOnnx(bytes)).to.throw(GraphError, "9 outputs; a program has at most 8 (--output chooses)");
    const { report } = importOnnx(bytes, { outputs: ["y4", "y1"] });
    expect(report.outputs.map(({ name }) => name)).to.deep.equal(["y4", "y1"]);
    expect(report.nodes.prompt).to.equal(2);
    expect(() => importOnnx(bytes, { outputs: ["z"] })).to.throw(
      GraphError,
      "the model has no output z; it has y0, y1",
    );
  });

  it("follows shapes through Shape, Gather, Concat and Reshape, as exporters write them", () => {
    const node = (operator: string, inputs: string[], output: string, attributes = {}) => ({
      operator,
      inputs,
      outputs: [output],
      attributes,
    });
    const bytes = buildModel({
      nodes: [
        node("Shape", ["x"], "sizes"),
        node("Gather", ["sizes", "zero"], "batch", { axis: 0 }),
        node("Unsqueeze", ["batch", "axis"], "first"),
        node("Mul", ["first", "two"], "twice"),
        node("Concat", ["twice", "rest"], "target", { axis: 0 }),
        node("Reshape", ["x", "target"], "y"),
        node("Relu", ["y"], "z"),
      ],
      inputs: [{ name: "x", dtype: DType.FLOAT32, shape: ["batch", 6] }],
      outputs: [{ name: "z", dtype: DType.FLOAT32 }],
      constants: { zero: longs([], [0]), axis: longs([1], [0]), two: longs([1], [2]), rest: longs([1], [-1]) },
    });
    const { program, report } = importOnnx(bytes);
    expect(report.outputs[0].shape).to.equal("[2*batch, 3]");
    expect(report.nodes.prompt).to.equal(1);
    const x = floats([2, 6], [1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12]);
    const [z] = run(program, { inputs: [x], symbols: [2], seed: 0n, calls: 1 }).outputs;
    expect(z.shape).to.deep.equal([4, 3]);
    expect([...new Float32Array(denseBytes(z).slice().buffer)]).to.deep.equal([1, 0, 3, 0, 5, 0, 7, 0, 9, 0, 11, 0]);
  });

  it("takes a table's columns as up to 64 inputs", async () => {
    const columns = (count: number): string[] => Array.from({ length: count }, (_, i) => `column ${i}`);
    const table = (count: number): Uint8Array =>
      buildModel({
        nodes: [{ operator: "Concat", inputs: columns(count), outputs: ["row"], attributes: { axis: 1 } }],
        inputs: columns(count).map((name) => ({ name, dtype: DType.FLOAT32, shape: ["N", 1] })),
        outputs: [{ name: "row", dtype: DType.FLOAT32 }],
      });
    const inputs = columns(64).map((_, i) => makeTensor(DType.FLOAT32, [2, 1], bytesOfFloats([i, -i])));
    const { program } = importOnnx(table(64));
    const [row] = run(program, { inputs, symbols: [2], seed: 0n, calls: 1 }).outputs;
    const session = await InferenceSession.create(table(64));
    const feed = (_: string, i: number) => new OrtTensor("float32", Float32Array.of(i, -i), [2, 1]);
    const theirs = await session.run(Object.fromEntries(columns(64).map((name, i) => [name, feed(name, i)])));
    expect(denseBytes(row)).to.deep.equal(new Uint8Array((theirs.row.data as Float32Array).slice().buffer));
    expect(() => importOnnx(table(65))).to.throw(GraphError, "65 inputs; a program has at most 64");
  });

  it("fixes and bounds named dimensions as the options say", () => {
    const bytes = bytesOf("models/digits/digits.onnx");
    expect(importOnnx(bytes, { symbols: { N: 4 } }).report.inputs[0].shape).to.equal("[4, 1, 8, 8]");
    const bounded = importOnnx(bytes, { symbols: { N: { least: 1, greatest: 8 } } });
    expect(bounded.program.header.symbols).to.deep.equal([{ least: 1, greatest: 8 }]);
    const wrong: NonNullable<ImportOptions["symbols"]>[] = [
      { M: 1 },
      { N: -1 },
      { N: 1.5 },
      { N: { least: 9, greatest: 8 } },
    ];
    for (const symbols of wrong) {
      expect(() => importOnnx(bytes, { symbols })).to.throw(GraphError, "BAD_OPTION");
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

  it("continues a prompt with the tokens that onnxruntime's logits choose, then stops", async () => {
    const model = bytesOf("models/sequence/sequence.onnx");
    const { program, report } = importOnnx(model);
    const vocabulary = report.metadata.vocabulary;
    const prompt = [..."20="].map((character) => vocabulary.indexOf(character));
    const calls = 10;
    const input = tensorOfWords(DType.INT64, [1, prompt.length], prompt);
    const [output] = run(program, { inputs: [input], symbols: [prompt.length], seed: 0n, calls }).outputs;
    const tokens = wordsOf(output).map(Number);
    expect(output.shape).to.deep.equal([calls - 1]);
    expect(tokens).to.deep.equal(await greedyTokens(await InferenceSession.create(model), prompt, calls - 1));
    expect(tokens.map((token) => vocabulary[token]).join("")).to.equal("twenty\n\n\n");
  });

  it("writes with a key/value cache what onnxruntime's logits choose", async () => {
    const model = bytesOf("models/text/text.onnx");
    const greedy = { ...options.text, sampling: { temperature: 0 } };
    const { program, report } = importOnnx(model, greedy);
    const [{ prompt }] = JSON.parse(bytesOf("models/text/heldout.json").toString()) as { prompt: string }[];
    const tokens = [...prompt.slice(0, 9)].map((character) => report.metadata.vocabulary.indexOf(character));
    const input = tensorOfWords(DType.INT64, [1, tokens.length], tokens);
    const calls = 10;
    const [output] = run(program, { inputs: [input], symbols: [tokens.length], seed: 0n, calls }).outputs;
    const expected = await greedyTokens(await InferenceSession.create(model), tokens, calls - 1);
    expect(wordsOf(output).map(Number)).to.deep.equal(expected);
  }).timeout(120_000);
});

/** Greedy tokens by onnxruntime, zeros after the end. */
async function greedyTokens(session: InferenceSession, prompt: readonly number[], count: number): Promise<number[]> {
  const tokens: number[] = [];
  let ids = prompt;
  const { inputNames } = session;
  const empty = (name: string): OrtTensor =>
    name === "past_state"
      ? new OrtTensor("float32", new Float32Array(96), [1, 1, 96])
      : new OrtTensor("float32", new Float32Array(0), [1, 4, 0, 16]);
  let states = Object.fromEntries(inputNames.filter((name) => name.startsWith("past")).map((n) => [n, empty(n)]));
  const longs64 = (values: readonly number[]) =>
    new OrtTensor("int64", BigInt64Array.from(values.map(BigInt)), [1, values.length]);
  for (let first = 0; tokens.length < count && (tokens.length === 0 || tokens.at(-1) !== 0); first += ids.length) {
    if (tokens.length > 0) ids = [tokens.at(-1)!];
    const total = first + ids.length;
    const given: Record<string, OrtTensor> = {
      input_ids: longs64(ids),
      attention_mask: longs64(new Array<number>(total).fill(1)),
      position_ids: longs64(ids.map((_, i) => first + i)),
    };
    const feeds = Object.fromEntries(Object.entries(given).filter(([name]) => inputNames.includes(name)));
    const results = await session.run({ ...feeds, ...states });
    const { logits } = results;
    const last = (logits.data as Float32Array).subarray(-logits.dims[2]);
    tokens.push(last.reduce((best, value, i) => (value > last[best] ? i : best), 0));
    const presentOf = (name: string) =>
      results[name.replace("past_key_values", "present").replace("past_", "present_")];
    states = Object.fromEntries(Object.keys(states).map((name) => [name, presentOf(name) as OrtTensor]));
  }
  return [...tokens, ...new Array<number>(count - tokens.length).fill(0)];
}

function bytesOfFloats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
