/**
 * Sums of products in the canonical order: blocks of 512 consecutive indices, inside a block one fma chain from +0; the
 * total starts at -0 and takes each block's result by add. A sum of one block is its chain, for -0 + x = x; integers
 * wrap, so their order does not matter.
 */
import { DType, type Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import type { ReduceBody } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { NEGATIVE_ZERO } from "./arithmetic.ts";
import { accumulatorOf, isFloat } from "./types.ts";

/** Indices of one block. */
export const BLOCK = 512;

export interface DotProduct {
  /** Type of the factors. */
  readonly dtype: DType;
  readonly extent: Dimension;
  /** The two factors at reduction index `r`. */
  factors(code: NodeCode, r: Value): readonly [Value, Value];
  /** What becomes of the sum; the sum itself if absent. */
  final?(code: NodeCode, sum: Value): Value;
}

/** The reduction that computes a sum of products. */
export function dotProduct(product: DotProduct): Omit<ReduceBody, "kind"> {
  const { dtype, extent, factors } = product;
  const finish = product.final ?? ((_code: NodeCode, sum: Value) => sum);
  const single = extent.constant !== undefined && extent.constant <= BLOCK;
  if (!isFloat(dtype) || single) {
    return {
      extent,
      accumulators: [accumulatorOf(dtype)],
      init: (code) => [code.constant(0)],
      step: (code, [chain]) => {
        const [x, y] = factors(code, code.step());
        return [isFloat(dtype) ? code.ffma(x, y, chain) : code.iadd(code.imul(x, y), chain)];
      },
      final: (code, [chain]) => finish(code, chain),
    };
  }
  return {
    extent,
    accumulators: [DType.FLOAT32, DType.FLOAT32],
    // Before the first block the chain is -0 too, so that adding it leaves the total as it is.
    init: (code) => [code.constant(NEGATIVE_ZERO), code.constant(NEGATIVE_ZERO)],
    step: (code, [chain, total]) => {
      const r = code.step();
      const [x, y] = factors(code, r);
      const starts = code.lnot(code.and(r, code.constant(BLOCK - 1)));
      const base = code.select(starts, code.constant(0), chain);
      return [code.ffma(x, y, base), code.select(starts, code.fadd(total, chain), total)];
    },
    final: (code, [chain, total]) => {
      const sum = code.fadd(total, chain);
      if (extent.constant !== undefined) return finish(code, sum);
      return finish(code, code.select(code.size(extent), sum, code.constant(0)));
    },
  };
}
