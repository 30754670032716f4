/**
 * Rotary position embedding: pairs of columns of a head turned by an angle that depends on the position.
 *
 *   first  = cos · x₁ - sin · x₂
 *   second = cos · x₂ + sin · x₁
 *
 * A pair is columns k and k + dim/2, or interleaved 2k and 2k + 1. Columns from `dim` on stay as they are.
 */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import { constantSize, type NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import type { Heads } from "./heads.ts";

/** Cosine or sine of pair `k` at a position of a batch. */
type Angle = (code: NodeCode, batch: Value, position: Value, k: Value) => Value;

export interface Rotation {
  readonly cos: Angle;
  readonly sin: Angle;
  /** Columns that are turned, an even number. */
  readonly dim: number;
  readonly interleaved: boolean;
}

/** Turns the heads; the result is [batch, heads, positions, size], or heads after positions. */
export function rotated(graph: Graph, x: Heads, rotation: Rotation, headsFirst: boolean): TensorValue {
  const { cos, sin, dim, interleaved } = rotation;
  const heads = Dimension.constant(x.heads);
  const shape = headsFirst ? [x.batch, heads, x.positions, x.size] : [x.batch, x.positions, heads, x.size];
  const half = dim / 2;
  return graph.map(x.dtype, shape, (code) => {
    const [b, one, other, column] = code.coordinates();
    const [h, p] = headsFirst ? [one, other] : [other, one];
    const own = x.read(code, b, h, p, column);
    const k = interleaved ? code.udiv(column, code.constant(2)) : code.urem(column, code.constant(half));
    const second = interleaved ? code.and(column, code.constant(1)) : code.ule(code.constant(half), column);
    const partner = interleaved
      ? code.xor(column, code.constant(1))
      : code.select(second, code.isub(column, code.constant(half)), code.iadd(column, code.constant(half)));
    const turned = code.ult(column, code.constant(dim));
    const other2 = x.read(code, b, h, p, code.select(turned, partner, column));
    const s = sin(code, b, p, k);
    const added = code.fmul(code.select(second, s, code.fneg(s)), other2);
    const value = code.fadd(code.fmul(cos(code, b, p, k), own), added);
    return x.size.equals(dim) ? value : code.select(turned, value, own);
  });
}

/** How many columns are turned: all of a head unless `rotary_embedding_dim` says. */
export function rotaryDim(node: NodeContext, size: Dimension): number {
  const whole = constantSize(size, "the size of a head");
  const given = node.attributes.int("rotary_embedding_dim", 0);
  const dim = given === 0 ? whole : given;
  check(dim > 0 && dim <= whole && dim % 2 === 0, "BAD_ATTRIBUTE", `${dim} of ${whole} columns are turned`);
  return dim;
}

/** Rows of a cache [positions, pairs] chosen by the position of each element; outside the cache an angle is 0. */
export function cached(
  node: NodeContext,
  x: Pick<Heads, "batch" | "positions">,
  cache: TensorValue,
  pairs: number,
  position: (code: NodeCode, batch: Value, row: Value) => Value,
  what: string,
): Angle {
  node.rank(cache, 2, what);
  const columns = constantSize(cache.shape[1], `the columns of ${what}`);
  check(columns >= pairs, "SHAPE_MISMATCH", `${what} has ${columns} columns, fewer than ${pairs}`);
  const [rows] = cache.shape;
  const shape = [x.batch, x.positions, Dimension.constant(pairs)];
  const chosen = node.graph.map(cache.dtype, shape, (code) => {
    const [b, p, k] = code.coordinates();
    const row = position(code, b, p);
    return code.readIf(code.within(row, rows), cache, code.linearIndex(cache.shape, [row, k]));
  });
  return (code, ...place) => code.read(chosen, code.linearIndex(shape, place));
}
