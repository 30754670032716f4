/**
 * A sum of products that skips where its first factor is zero, as attention sums values by their probabilities: what is
 * masked contributes nothing, not even where the other factor is infinite or not a number, and leaves every accumulator as
 * it is. Blocks are those of `dotProduct`, of absolute indices; a block that is skipped as a whole is not added. So the sum
 * depends neither on how far the extent reaches beyond the last probability nor on how many are masked.
 */
import { DType, type Value } from "@assay/vm";
import type { ReduceBody } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { NEGATIVE_ZERO } from "./arithmetic.ts";
import { BLOCK, type DotProduct } from "./dot.ts";

/** The reduction of float factors; the first is never -0. */
export function skippingDot(product: Omit<DotProduct, "dtype">): Omit<ReduceBody, "kind"> {
  const { extent, factors } = product;
  const finish = product.final ?? ((_code: NodeCode, sum: Value) => sum);
  if (extent.constant !== undefined && extent.constant <= BLOCK) {
    return {
      extent,
      accumulators: [DType.FLOAT32],
      init: (code) => [code.constant(0)],
      step(code, [chain]) {
        const [x, y] = factors(code, code.step());
        return [code.select(x, code.ffma(x, y, chain), chain)];
      },
      final: (code, [chain]) => finish(code, chain),
    };
  }
  return {
    extent,
    accumulators: [DType.FLOAT32, DType.FLOAT32, DType.INT64],
    // The third is the number of the block that the chain belongs to, plus one.
    init: (code) => [code.constant(NEGATIVE_ZERO), code.constant(NEGATIVE_ZERO), code.constant(0)],
    step(code, [chain, total, block]) {
      const r = code.step();
      const [x, y] = factors(code, r);
      const here = code.iadd(code.udiv(r, code.constant(BLOCK)), code.constant(1));
      const starts = code.ine(here, block);
      const base = code.select(starts, code.constant(0), chain);
      const closed = code.select(starts, code.fadd(total, chain), total);
      return [code.select(x, code.ffma(x, y, base), chain), code.select(x, closed, total), code.select(x, here, block)];
    },
    final: (code, [chain, total, block]) => finish(code, code.select(block, code.fadd(total, chain), code.constant(0))),
  };
}
