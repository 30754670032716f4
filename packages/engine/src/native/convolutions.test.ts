/** Convolutions by the native kernels against the naive oracle: every width around a vector's, windows, steps, borders. */
import { Random } from "@assay/vm/testing/random";
import { FACTOR, KIND, MODE, type Contraction } from "../contraction.ts";
import { Heap, randomFloats } from "../kernels/testing.ts";
import { checkContraction, setsOrSkip } from "./testing.ts";

/** A convolution over groups of channels; numbers by axis are of height and width. */
interface Convolution {
  readonly kind?: number;
  readonly groups?: number;
  readonly channels?: number;
  readonly out?: number;
  readonly size: readonly [number, number];
  readonly window: readonly [number, number];
  readonly step?: readonly [number, number];
  readonly apart?: readonly [number, number];
  /** Places before the first and after the last element. */
  readonly before?: readonly [number, number];
  readonly after?: readonly [number, number];
  /** Patterns that the weights are drawn from; absent: random ones. */
  readonly weights?: readonly number[];
  readonly specials?: boolean;
}

const [INFINITY, MINUS_INFINITY, ONE, MINUS_ZERO, SUBNORMAL] = [0x7f800000, 0xff800000, 0x3f800000, 0x80000000, 1];

function contractionOf(heap: Heap, random: Random, layer: Convolution): Contraction {
  const { kind = KIND.FLOAT32, groups = 1, channels = 1, out = 1, size, window, weights, specials = false } = layer;
  const { step = [1, 1], apart = [1, 1], before = [0, 0], after = before } = layer;
  const places = [0, 1].map((a) => {
    return Math.floor((size[a] + before[a] + after[a] - (window[a] - 1) * apart[a] - 1) / step[a]) + 1;
  });
  const [columns, depth] = [places[0] * places[1], channels * window[0] * window[1]];
  const table = (length: number, of: (i: number) => number) => heap.words(Array.from({ length }, (_, i) => of(i)));
  const corner = (n: number) => [Math.floor(n / places[1]), n % places[1]].map((at, a) => at * step[a] - before[a]);
  const tap = (r: number) => [Math.floor(r / window[1]) % window[0], r % window[1]].map((at, a) => at * apart[a]);
  const area = size[0] * size[1];
  const floats = kind === KIND.FLOAT32;
  const plain = {
    dtype: floats ? FACTOR.FLOAT32 : FACTOR.UINT8,
    stride: 1,
    guards: [],
    zero: floats ? 0 : heap.bytes([117]),
    zeroLane: 0,
  };
  const tensor = (count: number) =>
    floats ? heap.words(randomFloats(random, count, specials)) : heap.bytes(random.bytes(count));
  const count = groups * out * depth;
  const channelOf = (r: number) => Math.floor(r / window[0] / window[1]);
  return {
    kind,
    depth,
    rows: out,
    columns,
    batches: groups,
    blocked: true,
    out: heap.words(new Int32Array(groups * out * columns).fill(-1)),
    outBatch: table(groups, (b) => b * out * columns),
    outRow: table(out, (m) => m * columns),
    rowFactor: {
      ...plain,
      address: weights ? heap.words(Array.from({ length: count }, () => random.pick(weights))) : tensor(count),
      mode: MODE.STRIDED,
      batch: table(groups, (b) => b * out * depth),
      lane: table(out, (m) => m * depth),
      depth: 0,
    },
    columnFactor: {
      ...plain,
      address: tensor(groups * channels * area),
      mode: MODE.GATHERED,
      batch: table(groups, (b) => b * channels * area),
      lane: table(columns, (n) => corner(n)[0] * size[1] + corner(n)[1]),
      depth: table(depth, (r) => channelOf(r) * area + tap(r)[0] * size[1] + tap(r)[1]),
      // The planner leaves out a guard that cannot fail.
      guards: [0, 1]
        .filter((a) => before[a] > 0 || after[a] > 0)
        .map((a) => ({
          lane: table(columns, (n) => corner(n)[a]),
          depth: table(depth, (r) => tap(r)[a]),
          size: size[a],
        })),
    },
  };
}

describe("convolutions by native kernels", () => {
  let sets: readonly string[] = [];

  before(function () {
    sets = setsOrSkip(this);
  });

  function check(seed: number, layer: Convolution): void {
    const random = new Random(seed);
    const heap = new Heap();
    checkContraction(sets, heap, contractionOf(heap, random, layer), random, { seed, ...layer });
  }

  it("slides windows of 3 × 3 over each channel, for every width around a few vectors", () => {
    for (let width = 2; width <= 50; width++)
      for (const step of [1, 2])
        check(width, {
          groups: 3,
          size: [5 + (width % 3), width],
          window: [3, 3],
          step: [step, step],
          before: [1, 1],
          specials: width % 2 === 0,
        });
  }).timeout(120_000);

  it("slides windows over each channel with no border, a wide one, an uneven one", () => {
    const borders: [number, number][] = [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [2, 3],
      [4, 5],
    ];
    let seed = 0;
    for (const before of borders)
      for (const after of borders)
        for (const step of [1, 2]) {
          const size: [number, number] = [6, 17 + (seed % 4)];
          check(seed++, { groups: 2, size, window: [3, 3], step: [step, step], before, after, specials: true });
        }
  }).timeout(120_000);

  it("slides windows over each channel of other sizes, steps and distances", () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed);
      const two = (from: number, to: number): [number, number] => [random.between(from, to), random.between(from, to)];
      const apart: [number, number] = random.pick([[1, 1], two(1, 2)]);
      check(seed, {
        groups: random.between(1, 4),
        size: [random.between(5, 12), random.between(5, 40)],
        window: random.pick([[3, 3], [3, 3], two(1, 3)]),
        step: two(1, 2),
        apart,
        before: two(0, 2),
        after: two(0, 2),
      });
    }
  }).timeout(120_000);

  it("multiplies infinite weights by the zeros of the border, and keeps signs and subnormals", () => {
    const weights = [INFINITY, MINUS_INFINITY, ONE, MINUS_ZERO, SUBNORMAL, 0];
    for (let seed = 0; seed < 12; seed++)
      for (const step of [1, 2])
        check(seed, {
          groups: 3,
          size: [4, 13 + seed],
          window: [3, 3],
          step: [step, step],
          before: [1, 1],
          weights: weights.slice(seed % 3),
          specials: seed % 2 === 0,
        });
  }).timeout(60_000);

  it("convolves channels, for every width around a few vectors", () => {
    for (let width = 2; width <= 50; width++)
      for (const step of [1, 2])
        check(width, {
          channels: 3,
          out: 1 + (width % 7) * 5,
          size: [5 + (width % 3), width],
          window: [3, 3],
          step: [step, step],
          before: [1, 1],
          specials: width % 2 === 0,
        });
  }).timeout(120_000);

  it("convolves with windows of all sizes, steps, distances and borders", () => {
    for (let seed = 0; seed < 80; seed++) {
      const random = new Random(seed);
      const two = (from: number, to: number): [number, number] => [random.between(from, to), random.between(from, to)];
      const one = random.between(1, 3);
      check(seed, {
        groups: random.between(1, 2),
        channels: random.between(1, 6),
        out: random.between(1, 34),
        size: [random.between(13, 16), random.between(13, 40)],
        window: two(1, 7),
        step: random.pick([[1, 1], [2, 2], [one, one], two(1, 3)]),
        apart: random.pick([
          [1, 1],
          [1, 1],
          [1, 1],
          [2, 1],
          [1, 2],
        ]),
        before: two(0, 3),
        after: two(0, 3),
        specials: random.chance(50),
      });
    }
  }).timeout(120_000);

  it("convolves more channels than a block of the depth has, over more places than are prepared at a time", () => {
    check(1, { channels: 58, out: 3, size: [6, 130], window: [3, 3], before: [1, 1] });
    check(2, { channels: 15, out: 2, size: [9, 110], window: [7, 7], step: [2, 2], before: [3, 3] });
    check(3, { channels: 520, out: 2, size: [14, 42], window: [1, 1], step: [2, 2] });
    check(4, { channels: 520, out: 33, size: [3, 13], window: [1, 1], specials: true });
  }).timeout(120_000);

  it("multiplies infinite weights by the zeros of the border, over channels", () => {
    const weights = [INFINITY, MINUS_INFINITY, ONE, MINUS_ZERO, SUBNORMAL, 0];
    for (let seed = 0; seed < 12; seed++)
      for (const step of [1, 2])
        check(seed, {
          channels: 2,
          out: 1 + seed * 3,
          size: [5, 9 + seed],
          window: [3, 3],
          step: [step, step],
          before: [1, 2],
          weights: weights.slice(seed % 3),
        });
  }).timeout(60_000);

  it("convolves bytes", () => {
    for (let seed = 0; seed < 20; seed++)
      check(seed, {
        kind: KIND.INT32,
        groups: 1 + (seed % 2),
        channels: 1 + (seed % 5),
        out: 1 + 2 * seed,
        size: [6, 9 + seed],
        window: [3, 3],
        step: [1 + (seed % 2), 1 + (seed % 2)],
        before: [1, 1],
      });
  }).timeout(60_000);

  it("sums bytes under windows, whose borders are the zero point", () => {
    for (let width = 2; width <= 70; width += 1 + (width % 3))
      for (const step of [1, 2])
        check(width, {
          ...{ kind: KIND.INT32, channels: 5, out: 7, size: [6, width], window: [3, 3] },
          ...{ step: [step, step], before: [1, 1], after: [1 + (width % 2), 1] },
        });
    check(71, {
      kind: KIND.INT32,
      groups: 3,
      channels: 2,
      out: 3,
      size: [9, 40],
      window: [5, 2],
      apart: [2, 3],
      before: [4, 2],
    });
  }).timeout(120_000);

  it("reads no bytes far beside an image, however wide its border is", () => {
    check(1, { kind: KIND.INT32, out: 2, size: [2, 9000], window: [40, 1], before: [39, 0], after: [39, 0] });
  }).timeout(120_000);
});
