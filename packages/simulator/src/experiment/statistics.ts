// Means with confidence, and quantiles.

export interface Estimate {
  readonly mean: number;
  /** Half-width of the 95 % confidence interval; Infinity with fewer than two samples. */
  readonly error: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Quantiles of Student's t, two-sided 95 %, by degrees of freedom 1 to 30. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The mean of the samples that are numbers, with its 95 % interval and the 5 % and 95 % quantiles. */
export function estimate(samples: ArrayLike<number>): Estimate {
  const xs = Array.from(samples).filter((x) => !Number.isNaN(x));
  const count = xs.length;
  if (count === 0) return { mean: NaN, error: Infinity, low: NaN, high: NaN, count };
  const mean = xs.reduce((sum, x) => sum + x, 0) / count;
  const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  const error = count < 2 ? Infinity : (T[count - 2] ?? 1.96) * Math.sqrt(variance / count);
  xs.sort((a, b) => a - b);
  return { mean, error, low: quantile(xs, 0.05), high: quantile(xs, 0.95), count };
}

/** The q-quantile of sorted numbers, linear between them. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
