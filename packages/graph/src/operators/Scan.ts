/**
 * A subgraph for each row of some tensors, with values that it hands from row to row. The number of rows is a constant:
 * the scan is unrolled.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { MAX_UNROLLED, stacked } from "../lowering/control.ts";
import { constantSize, type NodeContext, type Operator, type Subgraph } from "../operator.ts";
import type { Graph } from "../graph.ts";
import type { TensorValue } from "../tensorValue.ts";

export const Scan: Operator = {
  name: "Scan",
  inputs: [1, 4096],
  outputs: 4096,
  control: true,
  lower(node) {
    const body = node.subgraph("body");
    const scanned = node.attributes.int("num_scan_inputs");
    // Operator set 8 has sequence lengths first, and a batch axis around everything.
    const first = node.opset < 9 ? 1 : 0;
    if (first === 1 && node.optional(0, DType.INT64) !== undefined) {
      node.fail("UNSUPPORTED", "sequence lengths; Scan of operator set 9 or newer has none");
    }
    const inputs = Array.from({ length: node.inputCount - first }, (_, i) => node.input(first + i));
    const states = inputs.length - scanned;
    check(scanned >= 1 && states >= 0, "BAD_ATTRIBUTE", `num_scan_inputs is ${scanned}`);
    check(body.inputs === inputs.length, "BAD_ARITY", `the body has ${body.inputs} inputs`);
    const initial = inputs.slice(0, states);
    const sequences = inputs.slice(states);
    if (first === 0) {
      const axes = axesOf(
        node,
        "scan_input_axes",
        sequences.map(({ shape }) => shape.length),
      );
      const backward = flags(node, "scan_input_directions", scanned);
      return scan(
        node,
        body,
        initial,
        sequences.map((tensor, i) => ({ tensor, axis: axes[i], backward: backward[i] })),
      );
    }
    const backward = flags(node, "directions", scanned);
    check(sequences[0].shape.length >= 1, "SHAPE_MISMATCH", "a scanned input is a scalar");
    const batch = constantSize(sequences[0].shape[0], "the batch of a Scan of operator set 8");
    check(batch >= 1 && batch <= MAX_UNROLLED, "TOO_LARGE", `a batch of ${batch}`);
    const members = Array.from({ length: batch }, (_, row) => {
      const own = (tensor: TensorValue) => rowOf(node.graph, tensor, 0, row);
      const parts = sequences.map((tensor, i) => ({ tensor: own(tensor), axis: 0, backward: backward[i] }));
      return scan(node, body, initial.map(own), parts);
    });
    return members[0].map((_, i) =>
      stacked(
        node.graph,
        members.map((outputs) => outputs[i]),
        0,
      ),
    );
  },
};

interface Scanned {
  readonly tensor: TensorValue;
  readonly axis: number;
  readonly backward: boolean;
}

/** The last states, then what the rows gave, one on the other. */
function scan(
  node: NodeContext,
  body: Subgraph,
  initial: readonly TensorValue[],
  inputs: readonly Scanned[],
): TensorValue[] {
  const { graph } = node;
  const lengths = inputs.map(({ tensor, axis }) => constantSize(tensor.shape[axis], "the number of rows of a Scan"));
  const [rows] = lengths;
  check(
    lengths.every((length) => length === rows),
    "SHAPE_MISMATCH",
    "the scanned inputs differ in length",
  );
  check(rows >= 1, "UNSUPPORTED", "a scan of no rows: the shape of what it collects is not known");
  check(rows <= MAX_UNROLLED, "TOO_LARGE", `${rows} rows, more than ${MAX_UNROLLED}`);
  let states = [...initial];
  const collected: TensorValue[][] = [];
  for (let row = 0; row < rows; row++) {
    const parts = inputs.map(({ tensor, axis, backward }) =>
      rowOf(graph, tensor, axis, backward ? rows - 1 - row : row),
    );
    const outputs = body.lower([...states, ...parts]);
    check(outputs.length >= states.length, "BAD_ARITY", "the body gives back fewer states than it takes");
    outputs.slice(0, states.length).forEach((value, i) => {
      check(value.dtype === states[i].dtype, "TYPE_MISMATCH", "a state changes its type");
    });
    states = outputs.slice(0, states.length);
    collected.push(outputs.slice(states.length));
  }
  const count = collected[0].length;
  check(node.outputs.length <= states.length + count, "BAD_ARITY", `the body has ${states.length + count} outputs`);
  const ranks = collected[0].map(({ shape }) => shape.length + 1);
  const axes = node.opset < 9 ? ranks.map(() => 0) : axesOf(node, "scan_output_axes", ranks);
  const backward = node.opset < 9 ? ranks.map(() => false) : flags(node, "scan_output_directions", count);
  const columns = ranks.map((_, i) => {
    const column = collected.map((outputs) => outputs[i]);
    return stacked(graph, backward[i] ? column.reverse() : column, axes[i]);
  });
  return [...states, ...columns];
}

function axesOf(node: NodeContext, attribute: string, ranks: readonly number[]): number[] {
  const axes = node.attributes.ints(attribute, undefined) ?? ranks.map(() => 0);
  check(axes.length === ranks.length, "BAD_ATTRIBUTE", `${attribute} has ${axes.length} values, not ${ranks.length}`);
  return axes.map((axis, i) => node.axis(axis, ranks[i]));
}

function flags(node: NodeContext, attribute: string, count: number): boolean[] {
  const values = node.attributes.ints(attribute, undefined) ?? new Array<number>(count).fill(0);
  check(values.length === count, "BAD_ATTRIBUTE", `${attribute} has ${values.length} values, not ${count}`);
  return values.map((value) => {
    check(value === 0 || value === 1, "BAD_ATTRIBUTE", `${attribute} holds ${value}`);
    return value === 1;
  });
}

/** Row `row` of a tensor along an axis, that axis gone. */
function rowOf(graph: Graph, tensor: TensorValue, axis: number, row: number): TensorValue {
  const shape = tensor.shape.filter((_, i) => i !== axis);
  if (tensor.source.kind === "splat") return { dtype: tensor.dtype, shape, source: tensor.source };
  return graph.map(tensor.dtype, shape, (code) => {
    const place = code.coordinates();
    place.splice(axis, 0, code.size(Dimension.constant(row)));
    return code.read(tensor, code.linearIndex(tensor.shape, place));
  });
}
