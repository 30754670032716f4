/** start, start + delta, … below limit; all three are known at import. */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { withKnown } from "../lowering/known.ts";
import type { Operator } from "../operator.ts";
import { MAX_KNOWN } from "../tensorValue.ts";

export const Range: Operator = {
  name: "Range",
  inputs: [3, 3],
  lower(node) {
    const parts = [0, 1, 2].map((index) => node.input(index, DType.INT64, DType.INT32));
    const dtype = node.sameType(...parts);
    const [start, limit, delta] = [0, 1, 2].map((index) => node.known(index)![0]);
    const step = delta.constant;
    check(step !== undefined && step !== 0, "BAD_ATTRIBUTE", `the step is ${delta}`);
    const span = limit.sub(start);
    const { constant } = span;
    if (constant === undefined && step < 0) node.fail("UNSUPPORTED", "a descending range of symbolic length");
    const count =
      constant === undefined ? span.ceilDiv(step) : Dimension.constant(Math.max(0, Math.ceil(constant / step)));
    const value = node.graph.map(dtype, [count], (code) =>
      code.wrapped(dtype, code.plus(code.imul(code.index(0), code.constantInt(step)), start)),
    );
    const length = count.constant;
    if (length === undefined || length > MAX_KNOWN) return value;
    return withKnown(
      value,
      Array.from({ length }, (_, i) => start.add(i * step)),
    );
  },
};
