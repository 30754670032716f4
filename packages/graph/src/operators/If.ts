/** One of two subgraphs; which one is known at import. */
import { DType } from "@assay/vm";
import { countOf } from "../dimension.ts";
import { check } from "../errors.ts";
import { knownCondition } from "../lowering/control.ts";
import type { Operator } from "../operator.ts";

export const If: Operator = {
  name: "If",
  inputs: [1, 1],
  outputs: 4096,
  control: true,
  lower(node) {
    const condition = node.input(0, DType.BOOL);
    check(countOf(condition.shape).equals(1), "SHAPE_MISMATCH", "the condition is not one element");
    const branches = { true: node.subgraph("then_branch"), false: node.subgraph("else_branch") };
    const known = knownCondition(condition);
    if (known === undefined) {
      node.fail("UNSUPPORTED", "the condition is known only at run time; fix its inputs at import, or use Where");
    }
    const outputs = branches[known ? "true" : "false"].lower([]);
    check(node.outputs.length <= outputs.length, "BAD_ARITY", `the branch has ${outputs.length} outputs`);
    return outputs;
  },
};
