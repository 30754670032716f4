/**
 * The discrete Fourier transform along an axis by stages, one for each factor r of its length n = r₁ · r₂ · …: after the factors
 * whose product is l there are n ÷ l transforms of length l, of the elements that lie n ÷ l apart,
 *
 *   Y_l(q, k) = Σ_t x[q + t · n ÷ l] · w_l^(k t)        w_l = e^(-2πi ÷ l), q < n ÷ l, k < l,
 *
 * and those of length l · r are sums of r of them:
 *
 *   Y_lr(q, k) = Σ_p w_lr^(k p) · Y_l(q + p · n ÷ lr, k mod l).
 *
 * Y_1 is the signal and Y_n the transform, both in their own order. Each stage is a sum of products with a table of sines and
 * cosines in the canonical order: a contraction, which matrix kernels take, where the factor is small. Cooley and Tukey: "An algorithm for the machine
 * calculation of complex Fourier series", 1965, in the order of Stockham. A prime or symbolic length is one stage.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import { splat, type TensorValue } from "../tensorValue.ts";
import { dotProduct } from "./dot.ts";
import { turnOf } from "./turn.ts";

/** Greatest length that is always one stage: shorter ones would save less than their tensors cost. */
const MOST_AT_ONCE = 16;
/** Greatest factor whose table has a row for each place and term, so that the sum is a contraction; else it is one of angles. */
const MOST_BY_PLACE = 64;
const ONE = Dimension.constant(1);
const TWO = Dimension.constant(2);

/** What is transformed, along which axis; its last axis holds a real number or a real and an imaginary part. */
export interface Signal {
  readonly x: TensorValue;
  readonly axis: number;
  /** Terms: zeros beyond the axis, or what is beyond them left out. */
  readonly n: Dimension;
}

/** The first `bins` places of the transform, of two parts each; an inverse is divided by n. */
export function fourier(graph: Graph, { x, axis, n }: Signal, bins: Dimension, inverse = false): TensorValue {
  const radices = n.constant === undefined ? [n] : factorsOf(n.constant).map((r) => Dimension.constant(r));
  let value = x;
  let done = ONE;
  radices.forEach((radix, i) => {
    const last = i === radices.length - 1;
    value = stage(graph, { x: value, axis, n }, { done, radix, inverse, ...(last && { bins, dtype: x.dtype }) });
    done = done.mul(radix);
  });
  return value;
}

/** The factors of a length, greatest first; pairs of 2 are one factor of 4, which costs no more. */
export function factorsOf(n: number): number[] {
  if (n <= MOST_AT_ONCE) return [n];
  const factors: number[] = [];
  let rest = n;
  for (let factor = 4; rest > 1; factor = factor === 4 ? 2 : factor === 2 ? 3 : factor + 2) {
    if (factor * factor > rest && factor > 4) factor = rest;
    for (; rest % factor === 0; rest /= factor) factors.push(factor);
  }
  return factors.sort((a, b) => b - a);
}

interface Stage {
  /** Product of the factors before. */
  readonly done: Dimension;
  readonly radix: Dimension;
  readonly inverse: boolean;
  /** In the last stage: places wanted, and the type of the result. */
  readonly bins?: Dimension;
  readonly dtype?: DType;
}

function stage(graph: Graph, { x, axis, n }: Signal, { done, radix, inverse, bins, dtype }: Stage): TensorValue {
  const last = x.shape.length - 1;
  const parts = x.shape[last];
  const length = done.mul(radix);
  const rest = n.div(length);
  const byPlace = radix.constant !== undefined && radix.constant <= MOST_BY_PLACE;
  const table = twiddles(graph, length, byPlace ? [length, radix] : [length], inverse);
  const size = x.shape[axis];
  const shape = x.shape.map((own, i) => (i === axis ? (bins ?? n) : i === last ? TWO : own));
  return graph.reduce(
    dtype ?? DType.FLOAT32,
    shape,
    dotProduct({
      dtype: DType.FLOAT32,
      extent: radix.mul(parts),
      factors(code, s) {
        const place = code.coordinates();
        const to = place[last];
        const [q, k] = rest.equals(1) ? [code.constant(0), place[axis]] : code.divide(place[axis], length);
        const [p, from] = code.divide(s, parts);
        const sum = code.iadd(q, code.times(p, rest));
        const t = done.equals(1) ? sum : code.iadd(code.times(sum, done), code.divide(k, done)[1]);
        const source = place.map((own, i) => (i === axis ? t : i === last ? from : own));
        const linear = code.linearIndex(x.shape, source);
        const element = n.equals(size) ? code.read(x, linear) : code.readIf(code.within(t, size), x, linear);
        const angle = byPlace ? [k, p] : [code.divide(code.imul(k, p), length)[1]];
        return [element, code.read(table, code.linearIndex(table.shape, [...angle, from, to]))];
      },
      final: (code, sum) => (inverse && bins !== undefined ? code.fdiv(sum, code.utof(code.size(n))) : sum),
    }),
  );
}

/**
 * cos, -sin; sin, cos of 2π j ÷ length by [j, component of the input, component of the output], or, with j = k p, by [k, p, …];
 * for the inverse sin changes sign.
 */
function twiddles(graph: Graph, length: Dimension, angles: readonly Dimension[], inverse: boolean): TensorValue {
  const shape = [...angles, TWO, TWO];
  if (length.equals(0)) return splat(DType.FLOAT32, shape, 0);
  return graph.map(DType.FLOAT32, shape, (code) => {
    const place = code.coordinates();
    const [from, to] = place.slice(-2);
    const j = angles.length === 1 ? place[0] : code.divide(code.imul(place[0], place[1]), length)[1];
    const { sine, cosine } = turnOf(code, j, length);
    // Real from imaginary +sin, imaginary from real -sin, forward.
    const crossed = code.select(inverse ? from : to, code.fneg(sine), sine);
    return code.select(code.ieq(from, to), cosine, crossed);
  });
}
