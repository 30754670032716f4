/**
 * Sums over trailing axes: 16 interleaved partial sums (r mod 16, each from +0), then their sum by halving: i + (i + 8), then
 * + 4, + 2, + 1.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";

/** Partial sums of one sum. */
export const PARTIALS = 16;

export interface TrailingSum {
  readonly dtype: DType;
  /** Shape of the sums. */
  readonly shape: readonly Dimension[];
  /** Terms of each sum. */
  readonly extent: Dimension;
  /** Term `r` of the sum at `place`, the coordinates of the sum. */
  term(code: NodeCode, place: readonly Value[], r: Value): Value;
  /** What becomes of the sum; the sum itself if absent. */
  final?(code: NodeCode, sum: Value): Value;
}

/** Adds the two nodes of a sum of floats. */
export function trailingSum(graph: Graph, sum: TrailingSum): TensorValue {
  const { shape, extent } = sum;
  const partials = graph.reduce(DType.FLOAT32, [...shape, Dimension.constant(PARTIALS)], {
    extent: extent.ceilDiv(PARTIALS),
    accumulators: [DType.FLOAT32],
    init: (code) => [code.constant(0)],
    step(code, [partial]) {
      const place = code.coordinates();
      const lane = place.pop()!;
      const r = code.iadd(code.imul(code.step(), code.constant(PARTIALS)), lane);
      const added = code.fadd(partial, sum.term(code, place, r));
      if (extent.rem(PARTIALS).equals(0)) return [added];
      return [code.select(code.within(r, extent), added, partial)];
    },
    final: (_code, [partial]) => partial,
  });
  return graph.reduce(sum.dtype, shape, {
    extent: Dimension.constant(4),
    accumulators: [DType.FLOAT32, DType.FLOAT32, DType.FLOAT32, DType.FLOAT32],
    init: (code) => [0, 1, 2, 3].map(() => code.constant(0)),
    step(code, halves) {
      const r = code.step();
      const first = code.iadd(code.imul(code.linear(), code.constant(PARTIALS)), r);
      const partial = (offset: number) => code.read(partials, code.plus(first, offset));
      const half = code.fadd(code.fadd(partial(0), partial(8)), code.fadd(partial(4), partial(12)));
      return halves.map((old, i) => code.select(code.ieq(r, code.constant(i)), half, old));
    },
    final(code, [a, b, c, d]) {
      const total = code.fadd(code.fadd(a, c), code.fadd(b, d));
      return sum.final === undefined ? total : sum.final(code, total);
    },
  });
}
