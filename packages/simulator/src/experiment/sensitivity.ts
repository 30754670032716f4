// Which axis matters: Morris' elementary effects and Sobol's shares of variance.

export interface Effect {
  /** Mean of the absolute effects, mean and deviation of the signed ones, in units of the output over the whole range. */
  readonly muStar: number;
  readonly mu: number;
  readonly sigma: number;
}

const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** Morris' measures from the points of `morris` and the output at each. */
export function morrisEffects(points: readonly (readonly number[])[], ys: readonly number[]): Effect[] {
  const dimensions = points[0].length;
  const effects: number[][] = Array.from({ length: dimensions }, () => []);
  for (let i = 1; i < points.length; i++) {
    if (i % (dimensions + 1) === 0) continue;
    const axis = points[i].findIndex((level, k) => level !== points[i - 1][k]);
    effects[axis].push((ys[i] - ys[i - 1]) / (points[i][axis] - points[i - 1][axis]));
  }
  return effects.map((list) => {
    const mu = mean(list);
    const variance = list.reduce((sum, x) => sum + (x - mu) ** 2, 0) / Math.max(1, list.length - 1);
    return { mu, muStar: mean(list.map(Math.abs)), sigma: Math.sqrt(variance) };
  });
}

export interface SobolIndex {
  /** Share of the variance due to this axis alone (Saltelli, 2010), and with all its interactions (Jansen, 1999). */
  readonly first: number;
  readonly total: number;
  /** Half-widths of 95 % intervals, by resampling. */
  readonly firstError: number;
  readonly totalError: number;
}

/** Sobol indices from the outputs at the points of `saltelli`; `draw(n)` gives a random whole number below n. */
export function sobolIndices(ys: readonly number[], dimensions: number, draw: (n: number) => number): SobolIndex[] {
  const width = dimensions + 2;
  const samples = Math.floor(ys.length / width);
  const estimate = (rows: readonly number[]): { first: number; total: number }[] => {
    const values = rows.flatMap((row) => [ys[row * width], ys[row * width + 1]]);
    const centre = mean(values);
    const variance = mean(values.map((y) => (y - centre) ** 2));
    return Array.from({ length: dimensions }, (_, axis) => {
      let first = 0;
      let total = 0;
      for (const row of rows) {
        const a = ys[row * width];
        const b = ys[row * width + 1];
        const ab = ys[row * width + 2 + axis];
        first += (b - centre) * (ab - a);
        total += (a - ab) ** 2;
      }
      return { first: first / rows.length / variance, total: total / (2 * rows.length) / variance };
    });
  };
  const all = estimate(Array.from({ length: samples }, (_, i) => i));
  const resampled = Array.from({ length: 100 }, () => estimate(Array.from({ length: samples }, () => draw(samples))));
  const error = (pick: (index: { first: number; total: number }) => number, axis: number) => {
    const xs = resampled.map((indices) => pick(indices[axis]));
    const centre = mean(xs);
    return 1.96 * Math.sqrt(mean(xs.map((x) => (x - centre) ** 2)));
  };
  return all.map((index, axis) => ({
    ...index,
    firstError: error(({ first }) => first, axis),
    totalError: error(({ total }) => total, axis),
  }));
}
