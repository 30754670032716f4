/**
 * Repeated selection over a long axis, in blocks of 256 places. What comes next in each block is known from row to row; only
 * that of the block which the row above was taken from is looked for again. So a row costs a block and the number of blocks,
 * not the axis.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { ahead } from "./argument.ts";
import { comesAfter, elementAt } from "./place.ts";
import { accumulatorOf } from "./types.ts";

/** Places of a block. */
const BLOCK = 256;
/** Longest axis that is not worth blocks. */
const SHORT = 2 * BLOCK;

export const isLong = (extent: Dimension): boolean => extent.greatest > SHORT;

/** A tensor whose row i holds the place that comes next after that of row i - 1; axis 0 are the `k` rows, then the other axes. */
export function selectedByBlocks(
  graph: Graph,
  x: TensorValue,
  axis: number,
  k: Dimension,
  greatest: boolean,
): TensorValue {
  const extent = x.shape[axis];
  const others = x.shape.filter((_, i) => i !== axis);
  const blocks = extent.ceilDiv(BLOCK);
  const element = accumulatorOf(x.dtype);
  /** The place's element, and whether a candidate at a place is better than the best so far (-1: none). */
  const at = (code: NodeCode, rest: readonly Value[], place: Value) => elementAt(code, x, axis, rest, place);
  const better = (code: NodeCode, own: Value, best: Value, bestElement: Value): Value =>
    code.or(code.ilt(best, code.constant(0)), ahead(code, x.dtype, greatest, own, bestElement));

  const first = graph.reduce(DType.INT64, [...others, blocks], {
    extent: Dimension.constant(BLOCK),
    accumulators: [DType.INT64, element],
    init: (code) => [code.constantInt(-1), code.constant(0)],
    step(code, [best, bestElement]) {
      const rest = code.coordinates();
      const place = code.iadd(code.times(rest.pop()!, BLOCK), code.step());
      const own = at(code, rest, place);
      const taken = code.and(code.within(place, extent), better(code, own, best, bestElement));
      return [code.select(taken, place, best), code.select(taken, own, bestElement)];
    },
    final: (_code, [best]) => best,
  });

  const group = graph.rowGroup();
  const again = group.declare(DType.INT64, [k, ...others]);
  const next = group.declare(DType.INT64, [k, ...others, blocks]);
  const taken = group.declare(DType.INT64, [k, ...others]);
  /** What the row above took. */
  const before = (code: NodeCode, row: Value, rest: readonly Value[]): Value =>
    code.read(taken.value, code.linearIndex(taken.value.shape, [code.isub(row, code.constant(1)), ...rest]));

  // What comes next in the block that the row above was taken from; -1: nothing. In row 0 it is not looked at.
  again.node.define({
    kind: "reduce",
    extent: Dimension.constant(BLOCK),
    accumulators: [DType.INT64, element, DType.INT64, element],
    init(code) {
      const [row, ...rest] = code.coordinates();
      const above = before(code, row, rest);
      return [code.constantInt(-1), code.constant(0), above, at(code, rest, above)];
    },
    step(code, [best, bestElement, above, aboveElement]) {
      const [, ...rest] = code.coordinates();
      const [block] = code.divide(above, BLOCK);
      const place = code.iadd(code.times(block, BLOCK), code.step());
      const own = at(code, rest, place);
      const open = comesAfter(
        code,
        x.dtype,
        greatest,
        { place, element: own },
        { place: above, element: aboveElement },
      );
      const found = code.and(code.and(code.within(place, extent), open), better(code, own, best, bestElement));
      return [code.select(found, place, best), code.select(found, own, bestElement), above, aboveElement];
    },
    final: (_code, [best]) => best,
  });
  next.node.define({
    kind: "map",
    value(code) {
      const [row, ...rest] = code.coordinates();
      const block = rest.pop()!;
      const [own] = code.divide(before(code, row, rest), BLOCK);
      const fresh = code.read(again.value, code.linearIndex(again.value.shape, [row, ...rest]));
      const shape = next.value.shape;
      const kept = code.read(next.value, code.linearIndex(shape, [code.isub(row, code.constant(1)), ...rest, block]));
      const start = code.read(first, code.linearIndex(first.shape, [...rest, block]));
      return code.select(row, code.select(code.ieq(own, block), fresh, kept), start);
    },
  });
  taken.node.define({
    kind: "reduce",
    extent: blocks,
    accumulators: [DType.INT64, element],
    init: (code) => [code.constantInt(-1), code.constant(0)],
    step(code, [best, bestElement]) {
      const [row, ...rest] = code.coordinates();
      const place = code.read(next.value, code.linearIndex(next.value.shape, [row, ...rest, code.step()]));
      const own = at(code, rest, place);
      const found = code.and(code.within(place, extent), better(code, own, best, bestElement));
      return [code.select(found, place, best), code.select(found, own, bestElement)];
    },
    final: (_code, [best]) => best,
  });
  return taken.value;
}
