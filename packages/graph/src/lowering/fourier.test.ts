/** The Fourier transform of every kind of length beside its definition in binary64, and how many steps it takes. */
import { expect } from "chai";
import { DType, run, wordsOf, float32 } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { encodeProgram } from "../encode.ts";
import { finished } from "../finish.ts";
import { Graph } from "../graph.ts";
import type { LoweredNode } from "../loweredNode.ts";
import { constantValue } from "../tensorValue.ts";
import { floats } from "../testing/onnxBuilder.ts";
import { Random } from "../testing/random.ts";
import { factorsOf, fourier } from "./fourier.ts";

const LENGTHS = [1, 2, 3, 16, 17, 18, 20, 27, 30, 32, 49, 60, 64, 77, 97, 100, 128, 134, 256, 400];

/** Nodes of the transform of a signal of `parts` parts, and its numbers. */
function transform(signal: readonly number[], parts: number, n: number, bins: number, inverse: boolean) {
  const graph = new Graph();
  const x = constantValue(floats([signal.length / parts, parts], signal));
  const value = fourier(graph, { x, axis: 0, n: Dimension.constant(n) }, Dimension.constant(bins), inverse);
  if (value.source.kind !== "node") throw new Error("no node");
  const root = value.source.node;
  const nodes = finished(graph, [root]);
  const program = encodeProgram({ prompt: nodes, outputs: [root], inputs: [], symbols: [] });
  const { outputs } = run(program, { inputs: [], symbols: [], seed: 0n, calls: 1 });
  return { nodes, numbers: wordsOf(outputs[0]).map((word) => float32.toNumber(Number(word))) };
}

/** Its definition. */
function oracle(signal: readonly number[], parts: number, n: number, bins: number, inverse: boolean): number[] {
  return Array.from({ length: bins }, (_, k) => {
    let [real, imaginary] = [0, 0];
    for (let t = 0; t < Math.min(n, signal.length / parts); t++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * ((k * t) % n)) / n;
      const [re, im] = [signal[t * parts], parts === 2 ? signal[t * parts + 1] : 0];
      real += re * Math.cos(angle) - im * Math.sin(angle);
      imaginary += re * Math.sin(angle) + im * Math.cos(angle);
    }
    return inverse ? [real / n, imaginary / n] : [real, imaginary];
  }).flat();
}

const random = new Random(3);
const signalOf = (count: number) => Array.from({ length: count }, () => Math.fround(random.normal()));

describe("the Fourier transform", () => {
  it("is its definition, for every kind of length, real and complex, forward and back", () => {
    for (const n of LENGTHS) {
      for (const [parts, inverse] of [
        [1, false],
        [2, false],
        [2, true],
      ] as const) {
        const signal = signalOf(parts * n);
        const bins = parts === 1 ? Math.floor(n / 2) + 1 : n;
        const { numbers } = transform(signal, parts, n, bins, inverse);
        const expected = oracle(signal, parts, n, bins, inverse);
        // Relative to the root of the sum of squares; each stage rounds anew.
        const scale = Math.sqrt(signal.reduce((sum, x) => sum + x * x, 0)) / (inverse ? n : 1);
        expected.forEach((wanted, i) => {
          expect(Math.abs(numbers[i] - wanted) / scale, `length ${n}, number ${i}`).to.be.at.most(1e-6);
        });
      }
    }
  });

  it("fills a shorter signal with zeros and leaves out what is beyond its length", () => {
    for (const [own, n] of [
      [10, 32],
      [50, 36],
    ]) {
      const signal = signalOf(2 * own);
      const { numbers } = transform(signal, 2, n, n, false);
      oracle(signal, 2, n, n, false).forEach((wanted, i) => expect(numbers[i]).to.be.closeTo(wanted, 1e-5));
    }
  });

  it("takes as many terms for each number as the factors of its length add up to", () => {
    expect(factorsOf(400)).to.deep.equal([5, 5, 4, 4]);
    expect(factorsOf(512)).to.deep.equal([4, 4, 4, 4, 2]);
    expect(factorsOf(2 * 67)).to.deep.equal([67, 2]);
    for (const n of LENGTHS) expect(factorsOf(n).reduce((a, b) => a * b)).to.equal(n);
    const stepsOf = ({ body }: LoweredNode) => (body.kind === "reduce" ? body.extent.constant! : 0);
    const { nodes } = transform(signalOf(800), 2, 400, 400, false);
    const steps = nodes.map(stepsOf).reduce((a, b) => a + b);
    expect(steps).to.equal(2 * (5 + 5 + 4 + 4));
    expect(nodes.every(({ dtype }) => dtype === DType.FLOAT32)).to.equal(true);
  });
});
