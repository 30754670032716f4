/**
 * Reductions whose length grows with the call number. A record's extent may not depend on the call, so the extent is the
 * length in the last call that the program allows, and a step that the call does not have leaves the accumulators as they
 * are: the value is that of the steps that it has.
 */
import { Dimension } from "./dimension.ts";
import { check } from "./errors.ts";
import type { ReduceBody } from "./loweredNode.ts";

/** The reduction with an extent that all calls up to `lastCall` share. Throws UNSUPPORTED where there is no such bound. */
export function bounded(body: Omit<ReduceBody, "kind">, lastCall: number): Omit<ReduceBody, "kind"> {
  const { extent, step } = body;
  if (!extent.usesCall) return body;
  const what = `a reduction over ${extent} elements, which does not grow with the call number`;
  check(extent.growsWithCall, "UNSUPPORTED", what);
  return {
    ...body,
    extent: extent.atCall(Dimension.constant(lastCall)),
    step(code, accumulators) {
      const active = code.within(code.step(), extent);
      return step(code, accumulators).map((next, i) => code.select(active, next, accumulators[i]));
    },
  };
}
