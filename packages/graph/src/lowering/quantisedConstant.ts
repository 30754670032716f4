/**
 * Constants quantised at import, whatever their size, as models of quantisation-aware training have their weights: the bits
 * that the code of QuantizeLinear gives, by the machine's own arithmetic.
 */
import { countOf, DType, makeTensor, readBytes, type Tensor } from "@assay/vm";
import { constantValue, type Grid, type TensorValue } from "../tensorValue.ts";
import { rangeOf } from "./quantisation.ts";

/** Floats that are read at once. */
const PIECE = 2 ** 16;

/** A float32 tensor ÷ its scales, rounded half to even, plus its zero points, saturated to a type of 8 bits. */
export function quantisedConstant(tensor: Tensor, dtype: DType, { scales, zeros, axis }: Grid): TensorValue {
  const count = countOf(tensor.shape);
  // Elements that follow one another in one place of the axis.
  const run = axis === undefined ? Math.max(1, count) : countOf(tensor.shape.slice(axis + 1));
  const [least, greatest] = rangeOf(dtype);
  const quantised = new Uint8Array(count);
  for (let from = 0; from < count; from += PIECE) {
    const floats = new Float32Array(Math.min(PIECE, count - from));
    readBytes(tensor, 4 * from, new Uint8Array(floats.buffer));
    floats.forEach((float, i) => {
      const place = Math.floor((from + i) / run) % scales.length;
      const zero = zeros[place];
      // INVARIANT: the quotient of two float32 in binary64, rounded again, is their quotient in float32.
      const steps = roundedHalfEven(Math.fround(float / scales[place]));
      quantised[from + i] = Math.min(Math.max(steps, least - zero), greatest - zero) + zero;
    });
  }
  return constantValue(makeTensor(dtype, tensor.shape, quantised));
}

/** NaN counts as 0. */
function roundedHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (Number.isNaN(rest)) return Number.isNaN(x) ? 0 : x;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}
