/**
 * The discrete Fourier transform along an axis, as a sum of products with a table of sines and cosines in the canonical order: a
 * contraction, which matrix kernels take. (A fast transform would add in another order, and be another lowering.)
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import { splat, type TensorValue } from "../tensorValue.ts";
import { dotProduct } from "./dot.ts";
import { turnOf } from "./turn.ts";

const TWO = Dimension.constant(2);

/** cos, -sin; sin, cos of 2π j ÷ n by [j, component of the input, component of the output]; for the inverse sin changes sign. */
function twiddles(graph: Graph, n: Dimension, inverse: boolean): TensorValue {
  if (n.equals(0)) return splat(DType.FLOAT32, [n, TWO, TWO], 0);
  return graph.map(DType.FLOAT32, [n, TWO, TWO], (code) => {
    const [j, from, to] = code.coordinates();
    const { sine, cosine } = turnOf(code, j, n);
    // Real from imaginary +sin, imaginary from real -sin, forward.
    const crossed = code.select(inverse ? from : to, code.fneg(sine), sine);
    return code.select(code.ieq(from, to), cosine, crossed);
  });
}

/**
 * The transform of `x`, whose last axis holds a real number or a real and an imaginary part, along `axis` with `n` terms: zeros
 * beyond the axis, or what is beyond n left out. The result has `bins` places and two parts; an inverse is divided by n.
 */
export function fourier(
  graph: Graph,
  x: TensorValue,
  axis: number,
  n: Dimension,
  bins: Dimension,
  inverse = false,
): TensorValue {
  const last = x.shape.length - 1;
  const parts = x.shape[last];
  const table = twiddles(graph, n, inverse);
  const size = x.shape[axis];
  const shape = x.shape.map((own, i) => (i === axis ? bins : i === last ? TWO : own));
  return graph.reduce(
    x.dtype,
    shape,
    dotProduct({
      dtype: x.dtype,
      extent: n.mul(parts),
      factors(code, r) {
        const place = code.coordinates();
        const [k, to] = [place[axis], place[last]];
        const [t, from] = code.divide(r, parts);
        place[axis] = t;
        place[last] = from;
        const linear = code.linearIndex(x.shape, place);
        const element = n.equals(size) ? code.read(x, linear) : code.readIf(code.within(t, size), x, linear);
        const j = code.divide(code.imul(k, t), n)[1];
        return [element, code.read(table, code.linearIndex(table.shape, [j, from, to]))];
      },
      final: (code, sum) => (inverse ? code.fdiv(sum, code.utof(code.size(n))) : sum),
    }),
  );
}
