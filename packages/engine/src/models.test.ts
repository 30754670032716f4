/** The committed models are as good as their cards say, run by the engine on all held-out cases. */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { denseBytes, DType, makeTensor, tensorOfWords, wordsOf } from "@assay/vm";
// Only for this test: the engine itself knows no ONNX.
import { importOnnx, type ImportOptions, type Sampling } from "../../graph/src/index.ts";
import { readHeldOut } from "../../graph/src/testing/digits.ts";
import { Engine } from "./index.ts";

const fileOf = (path: string) => readFileSync(new URL(`../../../models/${path}`, import.meta.url));

/** Of the text model's held-out beginnings so many are tried, and so many endings agree. */
const CASES = 20;
const AGREEING = { drawn: 14, greedy: 15 };

describe("models", () => {
  it("digits: 357 of 360 held-out images", () => {
    const { images, labels } = readHeldOut();
    const pixels = new Uint8Array(Float32Array.from(images.flat()).buffer);
    const { program } = importOnnx(fileOf("digits/digits.onnx"));
    const input = makeTensor(DType.FLOAT32, [images.length, 1, 8, 8], pixels);
    const [output] = new Engine(program).run({ inputs: [input], symbols: [images.length], seed: 0n, calls: 1 }).outputs;
    const logits = new Float32Array(denseBytes(output).slice().buffer);
    const right = labels.filter((label, i) => {
      const scores = logits.subarray(10 * i, 10 * i + 10);
      return scores.every((score, digit) => digit === label || score < scores[label]);
    });
    expect(right).to.have.length(357);
  });

  it("text: endings that agree with their beginnings, drawn and greedy", () => {
    const cases = JSON.parse(fileOf("text/heldout.json").toString()) as { prompt: string; endings: string[] }[];
    const options = JSON.parse(fileOf("text/import.json").toString()) as ImportOptions;
    const right = (sampling: Sampling): number => {
      const { program, report } = importOnnx(fileOf("text/text.onnx"), { ...options, sampling });
      const { vocabulary } = report.metadata;
      const engine = new Engine(program);
      return cases.slice(0, CASES).filter(({ prompt, endings }, i) => {
        const tokens = [...prompt].map((character) => vocabulary.indexOf(character));
        const input = tensorOfWords(DType.INT64, [1, tokens.length], tokens);
        const request = { inputs: [input], symbols: [tokens.length], seed: BigInt(i), calls: 66 };
        const written = wordsOf(engine.run(request).outputs[0]).map((token) => vocabulary[Number(token)]);
        return endings.includes(`${written.join("").trimEnd()}\n`);
      }).length;
    };
    expect({ drawn: right(options.sampling!), greedy: right({ temperature: 0 }) }).to.deep.equal(AGREEING);
  });

  it("sequence: all 100 prompts of heldout.json", () => {
    const cases = JSON.parse(fileOf("sequence/heldout.json").toString()) as { prompt: string; text: string }[];
    const { program, report } = importOnnx(fileOf("sequence/sequence.onnx"));
    const { vocabulary } = report.metadata;
    const engine = new Engine(program);
    const right = cases.filter(({ prompt, text }) => {
      const tokens = [...prompt].map((character) => vocabulary.indexOf(character));
      const input = tensorOfWords(DType.INT64, [1, tokens.length], tokens);
      const request = { inputs: [input], symbols: [tokens.length], seed: 0n, calls: text.length + 3 };
      const written = wordsOf(engine.run(request).outputs[0]).map((token) => vocabulary[Number(token)]);
      return written.join("").trimEnd() === text;
    });
    expect(right).to.have.length(100);
  });
});
