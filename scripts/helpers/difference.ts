/** Outputs beside onnxruntime's, of another order of summation. */
import { denseBytes, DType, type Tensor } from "../../packages/vm/src/index.ts";

/** How far an output of floats is from onnxruntime's. */
export interface Difference {
  readonly output: string;
  readonly elements: number;
  readonly largest: number;
  readonly mean: number;
  /** Rows (of the last axis) whose greatest element is at one place, of all. */
  readonly sameTop: number;
  readonly rows: number;
  readonly finite: boolean;
}

/**
 * How far `ours` is from `theirs`, both float32, relative to the greatest of their value, the root mean square of theirs and
 * `least`. NaN and infinity are no difference where both have them. Throws where types or numbers of elements differ.
 */
export function difference(output: string, ours: Tensor, theirs: Tensor, least = Number.MIN_VALUE): Difference {
  const numbers = ({ data, dtype }: Tensor): Float32Array => {
    if (dtype !== DType.FLOAT32) throw new TypeError(`output ${output} is not float32`);
    return new Float32Array(data.slice().buffer);
  };
  const [own, other] = [numbers({ ...ours, data: denseBytes(ours) }), numbers(theirs)];
  if (own.length !== other.length)
    throw new RangeError(`output ${output} has ${own.length} elements, not ${other.length}`);
  const scale = Math.max(least, Math.sqrt(other.reduce((sum, value) => sum + value * value, 0) / other.length));
  let [largest, sum] = [0, 0];
  for (let i = 0; i < own.length; i++) {
    const relative = Object.is(own[i], other[i])
      ? 0
      : Math.abs(own[i] - other[i]) / Math.max(Math.abs(other[i]), scale);
    largest = Math.max(largest, relative);
    sum += relative;
  }
  const width = theirs.shape.at(-1) ?? 1;
  const rows = own.length / width;
  let sameTop = 0;
  for (let row = 0; row < rows; row++) {
    const top = (all: Float32Array): number => {
      const part = all.subarray(row * width, (row + 1) * width);
      return part.reduce((best, value, i) => (value > part[best] ? i : best), 0);
    };
    if (top(own) === top(other)) sameTop++;
  }
  const finite = own.every(Number.isFinite);
  return { output, elements: own.length, largest, mean: sum / own.length, sameTop, rows, finite };
}
