/** Token choice: the generator's known answers, and a naive oracle that sorts. */
import { expect } from "chai";
import { CodeBuilder, DType, float32, run, scalarMachine, wordsOf, type Value } from "@assay/vm";
import { exp } from "../functions/index.ts";
import { Dimension } from "../dimension.ts";
import { encodeProgram } from "../encode.ts";
import { Graph } from "../graph.ts";
import { finished } from "../finish.ts";
import { constantValue } from "../tensorValue.ts";
import { evaluate } from "../testing/evaluate.ts";
import { floats } from "../testing/onnxBuilder.ts";
import { Random } from "../testing/random.ts";
import { philox } from "./philox.ts";
import { chooseToken, type Sampling } from "./sampling.ts";

const MASK = 2n ** 64n - 1n;

/** Philox-4x64-10 as its paper writes it. */
function philoxOracle(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  let [a, b, c, d] = counter;
  let [left, right] = key;
  for (let round = 0; round < 10; round++) {
    const [first, second] = [0xd2e7470ee14c6c93n * a, 0xca5a826395121157n * c];
    [a, b, c, d] = [(second >> 64n) ^ b ^ left, second & MASK, (first >> 64n) ^ d ^ right, first & MASK];
    left = (left + 0x9e3779b97f4a7c15n) & MASK;
    right = (right + 0xbb67ae8584caa73bn) & MASK;
  }
  return [a, b, c, d];
}

/** Philox in scalar code on words of a machine. */
function philoxMachine(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  const code = new CodeBuilder();
  const words = [...counter, ...key].map((word) => code.constantInt(word));
  const results = philox(code, words.slice(0, 4) as never, words.slice(4) as never);
  const section = code.finish(results);
  const none = { coordinates: [], linear: 0, extents: [], symbols: [], call: 0, calls: 1, seed: 0n, step: 0 };
  const context = { ...none, accumulators: [], load: () => 0 };
  return scalarMachine.run(code.pool.seal(), section, context).map((word) => BigInt(word) & MASK);
}

describe("Philox-4x64-10", () => {
  // Random123's kat_vectors, philox4x64 with 10 rounds: counter, key, words.
  const known: [bigint[], bigint[], bigint[]][] = [
    [
      [0n, 0n, 0n, 0n],
      [0n, 0n],
      [0x16554d9eca36314cn, 0xdb20fe9d672d0fdcn, 0xd7e772cee186176bn, 0x7e68b68aec7ba23bn],
    ],
    [
      [MASK, MASK, MASK, MASK],
      [MASK, MASK],
      [0x87b092c3013fe90bn, 0x438c3c67be8d0224n, 0x9cc7d7c69cd777b6n, 0xa09caebf594f0ba0n],
    ],
  ];
  it("gives the published words", () => {
    for (const [counter, key, words] of known) {
      expect(philoxMachine(counter, key)).to.deep.equal(words);
      expect(philoxOracle(counter, key)).to.deep.equal(words);
    }
  });

  it("is the oracle's on random counters and keys", () => {
    const random = new Random(1);
    const word = () => (BigInt(random.bits()) << 32n) | BigInt(random.bits());
    for (let i = 0; i < 200; i++) {
      const [counter, key] = [Array.from({ length: 4 }, word), Array.from({ length: 2 }, word)];
      expect(philoxMachine(counter, key)).to.deep.equal(philoxOracle(counter, key));
    }
  });
});

/** A program of one call that chooses a token from given logits; its trace can be asked for every node. */
function sampler(logits: readonly number[], sampling: Sampling) {
  const graph = new Graph();
  const scores = constantValue(floats([logits.length], logits));
  const vocabulary = Dimension.constant(logits.length);
  const chosen = chooseToken(
    graph,
    DType.INT64,
    { dtype: DType.FLOAT32, vocabulary, read: (code, token) => code.read(scores, token) },
    sampling,
  );
  if (chosen.source.kind !== "node") throw new Error("no node");
  const root = chosen.source.node;
  const nodes = finished(graph, [root]);
  const program = encodeProgram({ prompt: nodes, outputs: [root], inputs: [], symbols: [] });
  const runOf = (seed: bigint) => run(program, { inputs: [], symbols: [], seed, calls: 1 });
  const named = (name: string) => nodes.findLastIndex(({ operator }) => operator === name);
  return {
    token: (seed: bigint) => Number(wordsOf(runOf(seed).outputs[0])[0]),
    /** Weight of every token once top-k and top-p are done. */
    weights: () => {
      const position = Math.max(named("Weights"), named("Nucleus"));
      return wordsOf(runOf(0n).tensor(0, position)).map((word) => BigInt(word));
    },
    random: (seed: bigint) => BigInt(wordsOf(runOf(seed).tensor(0, named("Random")))[0]) & MASK,
  };
}

const expOf = evaluate(1, (code: CodeBuilder, x: Value) => exp(code, x)).machine;

const scaledBy = (logits: readonly number[], temperature = 1): number[] =>
  logits.map((logit) => {
    const x = float32.fromNumber(logit);
    return temperature === 1 ? x : float32.div(x, float32.fromNumber(temperature));
  });

/** Tokens, greatest first, NaN last, ties by lowest index. */
function orderOf(patterns: readonly number[]): number[] {
  const values = patterns.map((pattern) => float32.toNumber(pattern));
  const below = (a: number, b: number) => (Number.isNaN(b) ? 0 : 1) - (Number.isNaN(a) ? 0 : 1);
  return values
    .map((_, i) => i)
    .sort((i, j) => {
      if (values[i] > values[j]) return -1;
      return values[i] < values[j] ? 1 : below(values[i], values[j]) || i - j;
    });
}

/** Weights by sorting: the definition, written as one would explain it. */
function weightsOracle(logits: readonly number[], { temperature, topK = Infinity, topP = 1 }: Sampling): bigint[] {
  const patterns = scaledBy(logits, temperature);
  const order = orderOf(patterns);
  const weight = (i: number): bigint => {
    const distance = float32.sub(patterns[i], patterns[order[0]]);
    if (Number.isNaN(float32.toNumber(distance))) return 0n;
    return BigInt(Math.trunc(float32.toNumber(expOf(distance)) * 2 ** 40));
  };
  const kept = order.slice(0, topK);
  const total = kept.reduce((sum, i) => sum + weight(i), 0n);
  const share = (total * BigInt(Math.floor(topP * 2 ** 64))) >> 64n;
  const wanted = share < 1n ? 1n : share;
  const weights = logits.map(() => 0n);
  let mass = 0n;
  for (const i of kept) {
    if (topP < 1 && mass >= wanted) break;
    weights[i] = weight(i);
    mass += weights[i];
  }
  return weights;
}

/** The token whose weight holds the random place, by adding weights up in order. */
function tokenOracle(weights: readonly bigint[], random: bigint): number | undefined {
  const total = weights.reduce((a, b) => a + b, 0n);
  let place = (random * total) >> 64n;
  for (let i = 0; i < weights.length; i++) {
    if (place < weights[i]) return i;
    place -= weights[i];
  }
  return undefined;
}

const SETTINGS: readonly Sampling[] = [
  { temperature: 1 },
  { temperature: 0.7 },
  { topK: 1 },
  { topK: 5 },
  { topP: 0.9 },
  { topP: 0.3 },
  { topP: 1e-9 },
  { temperature: 1.5, topK: 7, topP: 0.8 },
  { temperature: 0.25, topK: 1000, topP: 0.999999 },
];

describe("sampling", () => {
  const random = new Random(7);
  const cases: Record<string, number[]> = {
    "random logits": Array.from({ length: 37 }, () => 3 * random.normal()),
    ties: Array.from({ length: 20 }, (_, i) => [2, 1, 2, 0][i % 4]),
    "all equal": new Array<number>(16).fill(-3),
    "zeros of both signs": [0, -0, -0, 0, -1],
    infinities: [1, Infinity, 2, -Infinity, Infinity],
    "nothing but -∞": [-Infinity, -Infinity, -Infinity],
    "NaN among numbers": [NaN, 1, 2, NaN, 1.5, -Infinity],
    "nothing but NaN": [NaN, NaN],
    "one token": [5],
    "far apart": [0, -50, -100, 100],
  };
  for (const [name, logits] of Object.entries(cases)) {
    it(`leaves the tokens that the oracle leaves, with their weights, and draws the oracle's: ${name}`, () => {
      for (const sampling of SETTINGS) {
        const made = sampler(logits, sampling);
        const weights = made.weights();
        const what = JSON.stringify(sampling);
        expect(weights, what).to.deep.equal(weightsOracle(logits, sampling));
        for (let seed = 0n; seed < 20n; seed++) {
          const wide = seed * 0x123456789abcdef123456789n;
          const [greatest] = orderOf(scaledBy(logits, sampling.temperature));
          expect(made.token(wide), what).to.equal(tokenOracle(weights, made.random(wide)) ?? greatest);
        }
      }
    });
  }

  it("draws with the frequencies of softmax: chi-square over 4,000 seeds", function () {
    this.timeout(120_000);
    const logits = [2, 1, 0.5, 0, -0.5, 1.5, -1, -2];
    const temperature = 1.3;
    const made = sampler(logits, { temperature });
    const powers = logits.map((logit) => Math.exp(logit / temperature));
    const sum = powers.reduce((a, b) => a + b);
    const counts = logits.map(() => 0);
    const seeds = 4000;
    for (let seed = 0; seed < seeds; seed++) counts[made.token(BigInt(seed))]++;
    const statistic = powers.reduce((total, power, i) => {
      const expected = (seeds * power) / sum;
      return total + (counts[i] - expected) ** 2 / expected;
    }, 0);
    // 99.9 % of chi-square with 7 degrees of freedom.
    expect(statistic).to.be.below(24.3);
    // A temperature of 1 is another distribution, so the test can tell.
    const other = logits.map((logit) => Math.exp(logit));
    const otherSum = other.reduce((a, b) => a + b);
    const wrong = other.reduce((total, power, i) => {
      const expected = (seeds * power) / otherSum;
      return total + (counts[i] - expected) ** 2 / expected;
    }, 0);
    expect(wrong).to.be.above(24.3);
  });
});
