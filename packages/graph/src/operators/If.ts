/**
 * One of two subgraphs: that alone which a condition known at import names, else both, and each element from one of them.
 * Scalar code is total, so the branch that does not count does no harm.
 */
import { DType, nameOf } from "@assay/vm";
import { countOf, formatShape, sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import { knownCondition } from "../lowering/control.ts";
import type { NodeContext, Operator } from "../operator.ts";
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
    return node.outputs.map((_, i) => chosen(node, flag, yes[i], no[i]));
  },
};

/** The elements of `yes` or of `no`. Throws UNSUPPORTED where their shapes differ. */
function chosen(node: NodeContext, condition: TensorValue, yes: TensorValue, no: TensorValue): TensorValue {
  const types = `${nameOf(yes.dtype)} and ${nameOf(no.dtype)}`;
  check(yes.dtype === no.dtype, "TYPE_MISMATCH", `the branches give ${types}`);
  check(
    sameShape(yes.shape, no.shape),
    "UNSUPPORTED",
    `the condition is known only at run time and the branches give ${formatShape(yes.shape)} and ` +
      `${formatShape(no.shape)}; fix its inputs at import (--bind)`,
  );
  const labels = JSON.stringify(yes.labels) === JSON.stringify(no.labels);
  check(labels, "UNSUPPORTED", "the branches give strings of different tables");
  const value = node.graph.elementwise(
    yes.dtype,
    [condition, yes, no],
    (code, flag, a, b) => code.select(flag, a, b),
    yes.shape,
  );
  return yes.labels === undefined ? value : { ...value, labels: yes.labels };
}
