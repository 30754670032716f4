/** The same tensor: inference drops nothing. The mask, if asked for, is all true. */
import { DType } from "@assay/vm";
import { splat } from "../tensorValue.ts";
import type { Operator } from "../operator.ts";

export const Dropout: Operator = {
  name: "Dropout",
  inputs: [1, 3],
  outputs: 2,
  lower(node) {
    const x = node.input(0);
    node.attributes.float("ratio", 0.5);
    node.attributes.int("seed", 0);
    const training = node.optional(2, DType.BOOL);
    const source = training?.source;
    const off = source === undefined || (source.kind === "splat" && source.word === 0);
    if (!off) node.fail("UNSUPPORTED", "training mode");
    return [x, splat(DType.BOOL, x.shape, 1)];
  },
};
