import { expect } from "chai";
import { Stream } from "../random.ts";
import { grid, latinHypercube, monteCarlo, morris, saltelli, valueAt } from "./design.ts";
import type { Axis } from "./schema.ts";
import { morrisEffects, sobolIndices } from "./sensitivity.ts";
import { estimate, quantile } from "./statistics.ts";

const axis = (part: Partial<Axis>): Axis => ({ name: "x", unit: "", ...part }) as Axis;

/** Ishigami's function on [0, 1]^3, a = 7, b = 0.1: its indices are known exactly. */
function ishigami([u, v, w]: readonly number[]): number {
  const [x, y, z] = [u, v, w].map((level) => Math.PI * (2 * level - 1));
  return Math.sin(x) + 7 * Math.sin(y) ** 2 + 0.1 * z ** 4 * Math.sin(x);
}

describe("designs", () => {
  it("grids: every combination once, the last axis fastest", () => {
    const axes = [
      axis({ values: [5, 6] }),
      axis({ range: { from: 0, to: 1, steps: 3, scale: "linear", whole: false } }),
    ];
    expect(grid(axes)).to.deep.equal([
      [0, 0],
      [0, 0.5],
      [0, 1],
      [1, 0],
      [1, 0.5],
      [1, 1],
    ]);
    expect(grid([])).to.deep.equal([[]]);
  });

  it("values: linear, logarithmic, whole, downward", () => {
    const range = { from: 1, to: 100, steps: 3, scale: "log" as const, whole: false };
    expect(valueAt(axis({ range }), 0.5)).to.be.closeTo(10, 1e-12);
    expect(valueAt(axis({ range: { ...range, scale: "linear", whole: true } }), 0.501)).to.equal(51);
    expect(valueAt(axis({ range: { ...range, scale: "linear", from: 3, to: 1 } }), 0.25)).to.equal(2.5);
    expect(valueAt(axis({ values: [7, 9] }), 1)).to.equal(9);
  });

  it("Latin hypercube: one point in each stratum of every axis", () => {
    const points = latinHypercube(3, 50, new Stream(1));
    for (let k = 0; k < 3; k++) {
      const strata = points.map((point) => Math.floor(point[k] * 50)).sort((a, b) => a - b);
      expect(strata).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
    }
    expect(monteCarlo(2, 10, new Stream(1))).to.have.length(10);
  });

  it("Morris: effects of a linear function are its coefficients, without spread", () => {
    const points = morris(3, 20, 8, new Stream(2));
    for (const point of points) for (const level of point) expect(level).to.be.within(0, 1);
    const effects = morrisEffects(
      points,
      points.map(([a, b]) => 3 * a - 2 * b),
    );
    expect(effects.map(({ mu }) => mu)).to.satisfy((mu: number[]) =>
      [3, -2, 0].every((x, i) => Math.abs(mu[i] - x) < 1e-9),
    );
    for (const { muStar, mu, sigma } of effects) {
      expect(muStar).to.be.closeTo(Math.abs(mu), 1e-9);
      expect(sigma).to.be.below(1e-9);
    }
    // A product interacts: its effects spread.
    expect(
      morrisEffects(
        points,
        points.map(([a, b]) => a * b),
      )[0].sigma,
    ).to.be.above(0.1);
  });

  it("Sobol: the known indices of Ishigami's function, within their intervals", () => {
    const stream = new Stream(3);
    const indices = sobolIndices(saltelli(3, 4000, stream).map(ishigami), 3, (n) => stream.below(n));
    const first = [0.3139, 0.4424, 0];
    const total = [0.5576, 0.4424, 0.2437];
    indices.forEach((index, k) => {
      expect(Math.abs(index.first - first[k]), `first ${k}`).to.be.below(1.5 * index.firstError + 0.005);
      expect(Math.abs(index.total - total[k]), `total ${k}`).to.be.below(1.5 * index.totalError + 0.005);
      expect(index.firstError).to.be.below(0.1);
    });
  });
});

describe("statistics", () => {
  it("covers the mean in 95 % of samples", () => {
    const stream = new Stream(4);
    let covered = 0;
    const trials = 2000;
    for (let i = 0; i < trials; i++) {
      const { mean, error } = estimate(Array.from({ length: 8 }, () => 2 + stream.normal()));
      if (Math.abs(mean - 2) <= error) covered++;
    }
    expect(covered / trials).to.be.within(0.935, 0.965);
  });

  it("leaves out what has no sample, and admits to knowing nothing", () => {
    expect(estimate([1, NaN, 3])).to.include({ mean: 2, count: 2 });
    expect(estimate([1]).error).to.equal(Infinity);
    expect(estimate([NaN])).to.include({ error: Infinity, count: 0 });
    expect(quantile([0, 1, 2, 3, 4], 0.95)).to.be.closeTo(3.8, 1e-12);
  });
});
