/**
 * A subgraph for each row of some tensors, with values that it hands from row to row: a row group, or unrolled where the body
 * allows none.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { MAX_UNROLLED, repeated, stacked } from "../lowering/control.ts";
import { RowLoop } from "../lowering/rows.ts";
import { constantSize, type NodeContext, type Operator, type Subgraph } from "../operator.ts";
import type { Graph } from "../graph.ts";
import type { TensorValue } from "../tensorValue.ts";

export const Scan: Operator = {
  name: "Scan",
  inputs: [1, 4096],
  absent: [0],
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
  const lengths = inputs.map(({ tensor, axis }) => tensor.shape[axis]);
  const [rows] = lengths;
  lengths.forEach((length) => node.equalSizes(length, rows, "the lengths of the scanned inputs"));
  check(!rows.equals(0), "UNSUPPORTED", "a scan of no rows: the shape of what it collects is not known");
  return repeated(
    node.graph,
    rows,
    () => byRows(node, body, rows, initial, inputs),
    () => unrolled(node, body, rows.constant!, initial, inputs),
  );
}

function byRows(
  node: NodeContext,
  body: Subgraph,
  rows: Dimension,
  initial: readonly TensorValue[],
  inputs: readonly Scanned[],
): TensorValue[] {
  const loop = new RowLoop(node.graph, rows);
  const carried = initial.map((value) => loop.carried(value));
  const parts = inputs.map(({ tensor, axis, backward }) =>
    loop.value(
      tensor.dtype,
      tensor.shape.filter((_, i) => i !== axis),
      (code, row, place) => {
        const at = backward ? code.isub(code.size(rows.sub(1)), row) : row;
        return code.read(tensor, code.linearIndex(tensor.shape, [...place.slice(0, axis), at, ...place.slice(axis)]));
      },
    ),
  );
  const outputs = checkedOutputs(node, body.lower([...carried, ...parts], loop.graph), initial);
  const next = carried.map((value, i) => [value, outputs[i]] as const);
  const { last, collected } = loop.finish(next, outputs.slice(carried.length));
  const { axes, backward } = collectedAs(
    node,
    collected.map(({ shape }) => shape.length),
  );
  return [...last, ...collected.map((value, i) => arranged(node.graph, value, axes[i], backward[i]))];
}

/** What is collected, rows first, with the rows along an axis, the last one first if `backward`. */
function arranged(graph: Graph, value: TensorValue, axis: number, backward: boolean): TensorValue {
  if (axis === 0 && !backward) return value;
  const [rows, ...rest] = value.shape;
  const shape = [...rest.slice(0, axis), rows, ...rest.slice(axis)];
  return graph.map(value.dtype, shape, (code) => {
    const place = code.coordinates();
    const [row] = place.splice(axis, 1);
    const at = backward ? code.isub(code.size(rows.sub(1)), row) : row;
    return code.read(value, code.linearIndex(value.shape, [at, ...place]));
  });
}

function unrolled(
  node: NodeContext,
  body: Subgraph,
  rows: number,
  initial: readonly TensorValue[],
  inputs: readonly Scanned[],
): TensorValue[] {
  const { graph } = node;
  let states = [...initial];
  const collected: TensorValue[][] = [];
  for (let row = 0; row < rows; row++) {
    const parts = inputs.map(({ tensor, axis, backward }) =>
      rowOf(graph, tensor, axis, backward ? rows - 1 - row : row),
    );
    const outputs = checkedOutputs(node, body.lower([...states, ...parts]), states);
    states = outputs.slice(0, states.length);
    collected.push(outputs.slice(states.length));
  }
  const ranks = collected[0].map(({ shape }) => shape.length + 1);
  const { axes, backward } = collectedAs(node, ranks);
  const columns = ranks.map((_, i) => {
    const column = collected.map((outputs) => outputs[i]);
    return stacked(graph, backward[i] ? column.reverse() : column, axes[i]);
  });
  return [...states, ...columns];
}

/** What the body gives, checked against the states that it takes. */
function checkedOutputs(node: NodeContext, outputs: TensorValue[], states: readonly TensorValue[]): TensorValue[] {
  check(outputs.length >= states.length, "BAD_ARITY", "the body gives back fewer states than it takes");
  check(node.outputs.length <= outputs.length, "BAD_ARITY", `the body has ${outputs.length} outputs`);
  states.forEach(({ dtype }, i) => {
    check(outputs[i].dtype === dtype, "TYPE_MISMATCH", "a state changes its type");
  });
  return outputs;
}

/** Along which axis, and from which end, tensors of these ranks are collected. */
function collectedAs(node: NodeContext, ranks: readonly number[]): { axes: number[]; backward: boolean[] } {
  if (node.opset < 9) return { axes: ranks.map(() => 0), backward: ranks.map(() => false) };
  return {
    axes: axesOf(node, "scan_output_axes", ranks),
    backward: flags(node, "scan_output_directions", ranks.length),
  };
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
