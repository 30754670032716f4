/**
 * One of two subgraphs: that alone which a condition known at import names, else both, and each element from one of them.
 * Scalar code is total, so the branch that does not count does no harm.
 */
import { DType } from "@assay/vm";
import { countOf } from "../dimension.ts";
import { check } from "../errors.ts";
import { chosen, knownCondition } from "../lowering/control.ts";
import type { Operator } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";

export const If: Operator = {
  name: "If",
  inputs: [1, 1],
  outputs: 4096,
  control: true,
  lower(node) {
    const condition = node.input(0, DType.BOOL);
    check(countOf(condition.shape).equals(1), "SHAPE_MISMATCH", "the condition is not one element");
    const branches = { true: node.subgraph("then_branch"), false: node.subgraph("else_branch") };
    const given = (branch: "true" | "false"): TensorValue[] => {
      const outputs = branches[branch].lower([]);
      check(node.outputs.length <= outputs.length, "BAD_ARITY", `the branch has ${outputs.length} outputs`);
      return outputs;
    };
    const known = knownCondition(condition);
    if (known !== undefined) return given(known ? "true" : "false");
    const [yes, no] = [given("true"), given("false")];
    const flag = withShape(condition, []);
    return node.outputs.map((_, i) => chosen(node.graph, flag, yes[i], no[i]));
  },
};
