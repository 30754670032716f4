/** The canonical order of sums of products, bit by bit, at the lengths where blocks begin and end. */
import { expect } from "chai";
import { DType, denseBytes, float32, loadWord, run } from "@assay/vm";
import { importOnnx } from "../index.ts";
import { buildModel, floats } from "../testing/onnxBuilder.ts";
import { Random } from "../testing/random.ts";

/** Blocks of 512: one fma chain each, from +0; the total starts at -0 and takes each by add. */
function canonical(x: readonly number[], y: readonly number[]): number {
  let total = 0x80000000;
  for (let start = 0; start < x.length; start += 512) {
    let chain = 0;
    for (let k = start; k < Math.min(start + 512, x.length); k++) {
      chain = float32.fma(float32.fromNumber(x[k]), float32.fromNumber(y[k]), chain);
    }
    total = float32.add(total, chain);
  }
  return total;
}

function matMul(x: readonly number[], y: readonly number[], depth: number | string): number {
  const input = (name: string, shape: (number | string)[]) => ({ name, dtype: DType.FLOAT32, shape });
  const { program } = importOnnx(
    buildModel({
      nodes: [{ operator: "MatMul", inputs: ["x", "y"], outputs: ["z"] }],
      inputs: [input("x", [1, depth]), input("y", [depth, 1])],
      outputs: [{ name: "z", dtype: DType.FLOAT32 }],
    }),
    typeof depth === "string" ? { symbols: { [depth]: { least: 0, greatest: 4096 } } } : {},
  );
  const inputs = [floats([1, x.length], x), floats([x.length, 1], y)];
  const symbols = typeof depth === "string" ? [x.length] : [];
  const [z] = run(program, { inputs, symbols, seed: 0n, calls: 1 }).outputs;
  return Number(loadWord(z.dtype, denseBytes(z), 0));
}

describe("dotProduct", () => {
  for (const length of [1, 2, 511, 512, 513, 1024, 1025]) {
    it(`has the canonical bits at length ${length}, known or symbolic`, () => {
      const random = new Random(length);
      const x = Array.from({ length }, () => Math.fround(random.normal()));
      const y = Array.from({ length }, () => Math.fround(random.normal()));
      expect(matMul(x, y, length)).to.equal(canonical(x, y));
      expect(matMul(x, y, "K")).to.equal(canonical(x, y));
    });
  }

  it("keeps -0 where every product underflows to it, and gives +0 for nothing", () => {
    const tiny = Array.from({ length: 600 }, () => 1e-30);
    const minus = tiny.map((value) => -value);
    const cancelled = [...tiny.slice(0, 1), ...minus.slice(1)];
    for (const y of [minus, cancelled]) {
      expect(matMul(tiny, y, 600)).to.equal(canonical(tiny, y));
      expect(matMul(tiny, y, "K")).to.equal(canonical(tiny, y));
    }
    expect(matMul([], [], "K")).to.equal(0);
  });

  it("carries infinities and NaN", () => {
    for (const special of [Infinity, -Infinity, NaN, 3e38]) {
      const x = Array.from({ length: 700 }, (_, i) => (i === 600 ? special : 1));
      const y = x.map((_, i) => (i % 2 === 0 ? 2 : -2));
      expect(matMul(x, y, 700)).to.equal(canonical(x, y));
    }
  });
});
