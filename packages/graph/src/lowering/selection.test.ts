/** The order of TopK beside a stable sort: NaN greatest, -0 as +0, ties by the place; axes short, long, of a symbol. */
import { expect } from "chai";
import { DType, run, tensorOfWords, wordsOf } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { importOnnx, type ImportOptions } from "../index.ts";
import { buildModel, longs, type NodeSpec } from "../testing/onnxBuilder.ts";

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

interface Sought {
  readonly largest: boolean;
  /** How many places: a number, all of them, or at most as many. */
  readonly k: number | "all" | { readonly most: number };
}

/** A model of the first places along its one axis. */
function topK(shape: readonly (number | string)[], { largest, k }: Sought): Uint8Array {
  const size: NodeSpec = { operator: "Shape", inputs: ["x"], outputs: [k === "all" ? "k" : "size"] };
  const least: NodeSpec = { operator: "Min", inputs: ["size", "most"], outputs: ["k"] };
  const before = typeof k === "number" ? [] : k === "all" ? [size] : [size, least];
  const attributes = { largest: largest ? 1 : 0 };
  return buildModel({
    opset: 20,
    nodes: [...before, { operator: "TopK", inputs: ["x", "k"], outputs: ["values", "places"], attributes }],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape }],
    outputs: [{ name: "places", dtype: DType.INT64 }],
    constants: typeof k === "number" ? { k: longs([1], [k]) } : k === "all" ? {} : { most: longs([1], [k.most]) },
  });
}

function placesOf(
  model: Uint8Array,
  words: readonly number[],
  symbolic: boolean,
  options: ImportOptions = {},
): number[] {
  const { program } = importOnnx(model, options);
  const inputs = [tensorOfWords(DType.FLOAT32, [words.length], words)];
  const symbols = symbolic ? [words.length] : [];
  const [places] = run(program, { inputs, symbols, seed: 0n, calls: 1 }).outputs;
  return wordsOf(places).map(Number);
}

const randomWords = (random: Random, size: number): number[] =>
  Array.from({ length: size }, () => (random.chance(50) ? random.pick(WORDS) : 0x40000000 + random.below(40)));

describe("selection", () => {
  for (const size of [9, 512, 513, 768, 1024]) {
    for (const symbolic of [false, true]) {
      it(`orders ${size} places${symbolic ? " of a symbolic axis" : ""}`, () => {
        const random = new Random(size);
        for (const k of [1, 5, 64]) {
          if (k > size) continue;
          for (const largest of [true, false]) {
            const words = randomWords(random, size);
            const model = topK([symbolic ? "size" : size], { largest, k });
            const places = placesOf(model, words, symbolic);
            const wanted = sorted(words, k, largest);
            expect(places, `${k} ${largest ? "largest" : "least"}`).to.deep.equal(wanted);
          }
        }
      }).timeout(60_000);
    }
  }

  it("sorts an axis of every size: as many places as the size, or at most so many", () => {
    const random = new Random(7);
    for (const k of ["all", { most: 100 }, { most: 9 }, 70] as const) {
      for (const size of [1, 2, 3, 9, 63, 64, 65, 99, 100, 101, 130]) {
        const words = randomWords(random, size);
        const count = k === "all" ? size : typeof k === "number" ? k : Math.min(k.most, size);
        for (const largest of [true, false]) {
          const places = placesOf(topK(["size"], { largest, k }), words, true);
          const wanted = sorted(words, count, largest);
          // What a request makes the axis too short for stands nowhere.
          const none = new Array<number>(count - wanted.length).fill(-1);
          expect(places, `${JSON.stringify(k)} of ${size}`).to.deep.equal([...wanted, ...none]);
        }
      }
    }
  }).timeout(60_000);

  it("needs as many levels of merging as the size's bounds ask for", () => {
    const nodes = (greatest: number): number =>
      importOnnx(topK(["size"], { largest: true, k: "all" }), { symbols: { size: { least: 1, greatest } } }).program
        .prompt.length;
    expect([64, 65, 128, 129].map(nodes).map((count) => count - nodes(128))).to.deep.equal([-6, 0, 0, 1]);
  });
});
