/** Decoders as Optimum exports them from PyTorch: they import as they come, and write what onnxruntime writes. */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { DType, run, tensorOfWords, wordsOf } from "@assay/vm";
import { importOnnx } from "./index.ts";

const fileOf = (name: string) => readFileSync(new URL(`../../../test/vectors/exported/${name}`, import.meta.url));

describe("exported decoders", () => {
  const { prompt, written } = JSON.parse(fileOf("tokens.json").toString()) as {
    prompt: number[];
    written: Record<string, number[]>;
  };
  for (const [name, expected] of Object.entries(written)) {
    it(`${name}: the tokens that onnxruntime writes, and no copy of the cache`, () => {
      const { program } = importOnnx(fileOf(`${name}.onnx`), { calls: { least: 2, greatest: 16 } });
      const calls = expected.length + 1;
      const input = tensorOfWords(DType.INT64, [1, prompt.length], prompt);
      const result = run(program, { inputs: [input], symbols: [prompt.length], seed: 0n, calls });
      expect(wordsOf(result.outputs[0]).map(Number)).to.deep.equal(expected);
      const last = calls - 2;
      for (let position = 0; position < result.layout.positions(last); position++) {
        const growth = result.description(last, position).count - result.description(last - 1, position).count;
        // One score for each of 4 heads; a row of the cache has 8 or 16 numbers.
        expect(growth, `position ${position}`).to.be.at.most(4);
      }
    });
  }
});
