/**
 * A subgraph again and again, each time with the values that it made the time before: a row group over the times round, or
 * unrolled where the body allows none. The greatest number of times is known at import, or counted by the condition; where the
 * condition says no more than that, what is carried stays as it is once it fails.
 */
import { DType, makeTensor, storeWord } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { countedTrips } from "../lowering/counted.ts";
import { chosen, knownCondition, MAX_UNROLLED, repeated, stacked } from "../lowering/control.ts";
import { RowLoop } from "../lowering/rows.ts";
import { unchangedBy } from "../lowering/unchanged.ts";
import type { NodeContext, Operator, Subgraph } from "../operator.ts";
import { constantValue, splat, withShape, type TensorValue } from "../tensorValue.ts";

export const Loop: Operator = {
  name: "Loop",
  inputs: [2, 4096],
  absent: [0, 1],
  outputs: 4096,
  control: true,
  lower(node) {
    const body = node.subgraph("body");
    const condition = node.optional(1, DType.BOOL) ?? splat(DType.BOOL, [], 1);
    const carried = Math.max(0, node.inputCount - 2);
    const values = Array.from({ length: carried }, (_, i) => node.input(2 + i));
    check(body.inputs === 2 + carried, "BAD_ARITY", `the body has ${body.inputs} inputs`);
    const trips = tripCount(node);
    const started = knownCondition(condition) === true;
    const counted = trips === undefined && started ? countedTrips({ trips, values, body }) : undefined;
    const loop = { trips: trips ?? counted, condition, values, counted: counted !== undefined };
    return repeated(
      node.graph,
      loop.trips,
      () => byRows(node, body, loop),
      () => unrolled(node, body, loop),
    );
  },
};

interface Given {
  /** Greatest number of times round; undefined where there is none. */
  readonly trips: Dimension | undefined;
  readonly condition: TensorValue;
  readonly values: readonly TensorValue[];
  /** Whether the condition is known to end the loop after as many times. */
  readonly counted: boolean;
}

function byRows(node: NodeContext, body: Subgraph, { trips, condition, values, counted }: Given): TensorValue[] {
  check(
    trips !== undefined,
    "UNSUPPORTED",
    "the loop has no trip count, and goes on as long as a run-time condition says",
  );
  const started = knownCondition(condition);
  check(started !== false, "UNSUPPORTED", "a loop that never runs");
  const loop = new RowLoop(node.graph, trips);
  const { graph } = loop;
  const goes = loop.carried(withShape(condition, []));
  const same = unchangedBy(body, values);
  const carried = values.map((value, i) => (same[i] ? value : loop.carried(value)));
  const trip = loop.value(DType.INT64, [], (_code, row) => row);
  const [next, ...results] = body.lower([trip, splat(DType.BOOL, [], 1), ...carried], graph);
  const collected = checkedResults(node, next, results, values);
  const made = carried.flatMap((value, i) => (same[i] ? [] : [[value, results[i]] as const]));
  /** What is carried at the loop's end, of what is computed by rows. */
  const all = (computed: readonly TensorValue[]): TensorValue[] => {
    let next = 0;
    return values.map((value, i) => (same[i] ? value : computed[next++]));
  };
  const always = () => knownCondition(next) === true || countedTrips({ trips, values, body }) !== undefined;
  if (counted || (started === true && always())) {
    const ended = loop.finish(made, collected);
    return [...all(ended.last), ...ended.collected];
  }
  const most = node.outputs.length <= values.length;
  check(most, "DATA_DEPENDENT_SHAPE", "how much the loop collects is known only at run time");
  // Once the condition has failed it stays so, and what is carried stays as it is.
  const after = graph.elementwise(DType.BOOL, [goes, withShape(next, [])], (code, a, b) => code.and(a, b));
  const kept = made.map(([value, result]) => [value, chosen(graph, goes, result, value)] as const);
  return all(loop.finish([[goes, after], ...kept], []).last.slice(1));
}

function unrolled(node: NodeContext, body: Subgraph, given: Given): TensorValue[] {
  const trips = given.trips === undefined ? Infinity : given.trips.constant!;
  let { condition, values } = given;
  const rows: (readonly TensorValue[])[] = [];
  for (let trip = 0; trip < trips && goesOn(node, condition); trip++) {
    check(trip < MAX_UNROLLED, "TOO_LARGE", `more than ${MAX_UNROLLED} times round the loop`);
    const [next, ...results] = body.lower([tripNumber(trip), condition, ...values]);
    rows.push(checkedResults(node, next, results, values));
    condition = next;
    values = results.slice(0, values.length);
  }
  if (rows.length === 0 && node.outputs.length > values.length) {
    node.fail("UNSUPPORTED", "the loop never runs, so the shape of what it collects is not known");
  }
  const columns = Array.from({ length: rows[0]?.length ?? 0 }, (_, i) => rows.map((row) => row[i]));
  return [...values, ...columns.map((column) => stacked(node.graph, column, 0))];
}

/** What a time round the loop collects, once what the body gives is checked. */
function checkedResults(
  node: NodeContext,
  next: TensorValue | undefined,
  results: readonly TensorValue[],
  values: readonly TensorValue[],
): readonly TensorValue[] {
  check(next?.dtype === DType.BOOL, "TYPE_MISMATCH", "the body's condition is not a boolean");
  check(results.length >= values.length, "BAD_ARITY", "the body gives back fewer values than it carries");
  values.forEach(({ dtype }, i) => {
    check(results[i].dtype === dtype, "TYPE_MISMATCH", "a carried value changes its type");
  });
  const wanted = node.outputs.length <= results.length;
  check(wanted, "BAD_ARITY", `the body has ${results.length} outputs besides its condition`);
  return results.slice(values.length);
}

/** Greatest number of times round; undefined where the trip count is absent. */
function tripCount(node: NodeContext): Dimension | undefined {
  if (node.optional(0, DType.INT64) === undefined) return undefined;
  const trips = node.known(0)!;
  check(trips.length === 1, "SHAPE_MISMATCH", "the trip count is not one element");
  return trips[0];
}

function goesOn(node: NodeContext, condition: TensorValue): boolean {
  const known = knownCondition(condition);
  if (known === undefined) {
    node.fail("UNSUPPORTED", "the loop's condition is known only at run time, and its body cannot be computed by rows");
  }
  return known;
}

function tripNumber(trip: number): TensorValue {
  const tensor = makeTensor(DType.INT64, []);
  storeWord(DType.INT64, trip, tensor.data, 0);
  return { ...constantValue(tensor), known: [Dimension.constant(trip)] };
}
