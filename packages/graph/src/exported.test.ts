/** Decoders as Optimum exports them from PyTorch: they import as they come, and write what onnxruntime writes. */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { DType, float32, run, tensorOfWords, wordsOf, type Tensor } from "@assay/vm";
import { importOnnx } from "./index.ts";

const fileOf = (name: string) => readFileSync(new URL(`../../../test/vectors/exported/${name}`, import.meta.url));

/** What scripts/generate/exported.py writes. */
interface Expected {
  readonly prompt: number[];
  readonly written: Record<string, number[]>;
  /** Places of the encoder's output that decoders read beside their own text. */
  readonly encoded: number;
  readonly beside: Record<string, number[]>;
}

const { prompt, written, encoded, beside } = JSON.parse(fileOf("tokens.json").toString()) as Expected;
const WIDTH = 16;

/** The inputs that the script gives, by name. */
const GIVEN: Readonly<Record<string, Tensor>> = {
  input_ids: tensorOfWords(DType.INT64, [1, prompt.length], prompt),
  encoder_hidden_states: tensorOfWords(
    DType.FLOAT32,
    [1, encoded, WIDTH],
    Array.from({ length: encoded * WIDTH }, (_, i) => float32.fromNumber((((7 * i) % 11) - 5) / 4)),
  ),
  encoder_attention_mask: tensorOfWords(DType.INT64, [1, encoded], new Array<number>(encoded).fill(1)),
};

/** The tokens of a model, and no tensor that grows by more than one number for each of its 4 heads from call to call. */
function writes(name: string, expected: readonly number[], lengths: readonly number[]): void {
  const { program, report } = importOnnx(fileOf(`${name}.onnx`), { calls: { least: 2, greatest: 16 } });
  const calls = expected.length + 1;
  const inputs = report.inputs.map((input) => GIVEN[input.name]);
  const result = run(program, { inputs, symbols: lengths, seed: 0n, calls });
  expect(wordsOf(result.outputs[0]).map(Number)).to.deep.equal(expected);
  const last = calls - 2;
  for (let position = 0; position < result.layout.positions(last); position++) {
    const growth = result.description(last, position).count - result.description(last - 1, position).count;
    // A row of the cache has 8 or 16 numbers.
    expect(growth, `position ${position}`).to.be.at.most(4);
  }
}

describe("exported decoders", () => {
  for (const [name, expected] of Object.entries(written)) {
    it(`${name}: the tokens that onnxruntime writes, and no copy of the cache`, () =>
      writes(name, expected, [prompt.length]));
  }

  for (const [name, expected] of Object.entries(beside)) {
    it(`${name}, merged, beside an encoder: the tokens that onnxruntime writes, and no copy of a cache`, () =>
      writes(name, expected, [prompt.length, encoded]));
  }
});
