/**
 * A subgraph again and again, each time with the values that it made the time before. How often is known at import: the
 * loop is unrolled.
 */
import { DType, makeTensor, storeWord } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { knownCondition, MAX_UNROLLED, stacked } from "../lowering/control.ts";
import type { NodeContext, Operator } from "../operator.ts";
import { constantValue, splat, type TensorValue } from "../tensorValue.ts";

export const Loop: Operator = {
  name: "Loop",
  inputs: [2, 4096],
  outputs: 4096,
  control: true,
  lower(node) {
    const body = node.subgraph("body");
    const trips = tripCount(node);
    let condition: TensorValue = node.optional(1, DType.BOOL) ?? splat(DType.BOOL, [], 1);
    const carried = node.inputCount - 2;
    let values = Array.from({ length: Math.max(0, carried) }, (_, i) => node.input(2 + i));
    check(body.inputs === 2 + values.length, "BAD_ARITY", `the body has ${body.inputs} inputs`);
    const rows: TensorValue[][] = [];
    for (let trip = 0; trip < trips && goesOn(node, condition); trip++) {
      check(trip < MAX_UNROLLED, "TOO_LARGE", `more than ${MAX_UNROLLED} times round the loop`);
      const [next, ...results] = body.lower([tripNumber(trip), condition, ...values]);
      check(next?.dtype === DType.BOOL, "TYPE_MISMATCH", "the body's condition is not a boolean");
      check(results.length >= values.length, "BAD_ARITY", "the body gives back fewer values than it carries");
      results.slice(0, values.length).forEach((value, i) => {
        check(value.dtype === values[i].dtype, "TYPE_MISMATCH", "a carried value changes its type");
      });
      condition = next;
      rows.push(results.slice(values.length));
      values = results.slice(0, values.length);
    }
    const collected = rows.length === 0 ? 0 : rows[0].length;
    const wanted = node.outputs.length - values.length;
    if (rows.length === 0 && wanted > 0) {
      node.fail("UNSUPPORTED", "the loop never runs, so the shape of what it collects is not known");
    }
    check(wanted <= collected, "BAD_ARITY", `the body has ${values.length + collected} outputs besides its condition`);
    const columns = Array.from({ length: collected }, (_, i) => rows.map((row) => row[i]));
    return [...values, ...columns.map((column) => stacked(node.graph, column, 0))];
  },
};

/** How often the body runs at most: endless where the trip count is absent. */
function tripCount(node: NodeContext): number {
  if (node.optional(0, DType.INT64) === undefined) return Infinity;
  const trips = node.constants(0)!;
  check(trips.length === 1, "SHAPE_MISMATCH", "the trip count is not one element");
  return trips[0];
}

function goesOn(node: NodeContext, condition: TensorValue): boolean {
  const known = knownCondition(condition);
  if (known === undefined) {
    node.fail(
      "UNSUPPORTED",
      "the loop's condition is known only at run time; bind its inputs, or use a fixed trip count",
    );
  }
  return known;
}

function tripNumber(trip: number): TensorValue {
  const tensor = makeTensor(DType.INT64, []);
  storeWord(DType.INT64, BigInt(trip), tensor.data, 0);
  return { ...constantValue(tensor), known: [Dimension.constant(trip)] };
}
