/** The order of TopK beside a stable sort: NaN greatest, -0 as +0, ties by the place; axes short, long, of a symbol. */
import { expect } from "chai";
import { DType, run, tensorOfWords, wordsOf } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { importOnnx } from "../index.ts";
import { buildModel, longs } from "../testing/onnxBuilder.ts";

const WORDS = [0x7fc00000, 0x80000000, 0, 0x7f800000, 0xff800000, 0x3f800000, 0xbf800000, 1, 0x40490fdb];
const valueOf = (word: number): number => new Float32Array(Uint32Array.of(word).buffer)[0];

/** The first k places in descending or ascending order. */
function sorted(words: readonly number[], k: number, largest: boolean): number[] {
  const key = (word: number): number => (Number.isNaN(valueOf(word)) ? Infinity : Math.fround(valueOf(word)));
  const isNaNWord = (word: number): number => (Number.isNaN(valueOf(word)) ? 1 : 0);
  const compare = (a: number, b: number): number => {
    const nans = isNaNWord(words[a]) - isNaNWord(words[b]);
    const [x, y] = [key(words[a]), key(words[b])];
    const ascending = nans !== 0 ? nans : x < y ? -1 : x > y ? 1 : 0;
    return (largest ? -ascending : ascending) || a - b;
  };
  return words
    .map((_, i) => i)
    .sort(compare)
    .slice(0, k);
}

describe("selection", () => {
  for (const size of [9, 512, 513, 768, 1024]) {
    for (const symbolic of [false, true]) {
      it(`orders ${size} places${symbolic ? " of a symbolic axis" : ""}`, () => {
        const random = new Random(size);
        for (const k of [1, 5, 64]) {
          if (k > size) continue;
          for (const largest of [true, false]) {
            const words = Array.from({ length: size }, () =>
              random.chance(50) ? random.pick(WORDS) : 0x40000000 + random.below(40),
            );
            const model = buildModel({
              opset: 20,
              nodes: [
                {
                  operator: "TopK",
                  inputs: ["x", "k"],
                  outputs: ["values", "places"],
                  attributes: { largest: largest ? 1 : 0 },
                },
              ],
              inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [symbolic ? "size" : size] }],
              outputs: [{ name: "places", dtype: DType.INT64 }],
              constants: { k: longs([1], [k]) },
            });
            const { program } = importOnnx(model);
            const inputs = [tensorOfWords(DType.FLOAT32, [size], words)];
            const symbols = symbolic ? [size] : [];
            const [places] = run(program, { inputs, symbols, seed: 0n, calls: 1 }).outputs;
            const wanted = sorted(words, k, largest);
            expect(wordsOf(places).map(Number), `${k} ${largest ? "largest" : "least"}`).to.deep.equal(wanted);
          }
        }
      }).timeout(60_000);
    }
  }
});
