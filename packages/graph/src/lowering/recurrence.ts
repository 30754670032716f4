/**
 * What RNN, GRU and LSTM have in common: inputs, directions, the products of the input, the state before a step, and the
 * outputs. Time runs over the rows of a row group; in the reverse direction row 0 is the last time step.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { RowGroupBuilder } from "../graph.ts";
import type { Body } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { constantSize, type NodeContext } from "../operator.ts";
import { splat, withShape, type TensorValue } from "../tensorValue.ts";
import { dotProduct } from "./dot.ts";
import { FLOATS } from "./types.ts";

export interface Recurrence {
  readonly dtype: DType;
  readonly time: Dimension;
  readonly batch: Dimension;
  readonly hidden: number;
  readonly directions: number;
  readonly reverse: readonly boolean[];
  readonly gates: number;
  /** Names, in order, for each direction. */
  readonly activations: readonly (readonly string[])[];
  readonly clip: number | undefined;
  readonly x: TensorValue;
  readonly w: TensorValue;
  readonly r: TensorValue;
  readonly b: TensorValue | undefined;
  /** States before the first step: [directions, batch, hidden], zeros where not given. */
  readonly initial: readonly TensorValue[];
}

/** Reads the inputs and attributes that all recurrent operators share. `initial` are the inputs with first states. */
export function readRecurrence(
  node: NodeContext,
  kind: { gates: number; activations: readonly string[]; initial: readonly number[] },
): Recurrence {
  const { attributes } = node;
  const [x, w, r] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS), node.input(2, ...FLOATS)];
  const b = node.optional(3, ...FLOATS);
  const dtype = node.sameType(x, w, r, b);
  check(node.optional(4) === undefined, "UNSUPPORTED", "sequence lengths as a run-time input");
  check(!attributes.flag("layout", false), "UNSUPPORTED", "layout 1 (batch first)");
  const direction = attributes.choice("direction", ["forward", "reverse", "bidirectional"], "forward");
  const reverse = { forward: [false], reverse: [true], bidirectional: [false, true] }[direction];
  const directions = reverse.length;
  node.rank(x, 3, "X");
  node.rank(w, 3, "W");
  node.rank(r, 3, "R");
  const hidden = constantSize(r.shape[2], "the hidden size");
  const declared = attributes.int("hidden_size", hidden);
  check(declared === hidden, "SHAPE_MISMATCH", `hidden_size is ${declared}, but R has ${hidden} columns`);
  const [time, batch, size] = x.shape;
  const width = kind.gates * hidden;
  const expect = (value: TensorValue, shape: readonly (Dimension | number)[], name: string) => {
    node.rank(value, shape.length, name);
    shape.forEach((wanted, axis) => node.equalSizes(value.shape[axis], wanted, `${name}, axis ${axis}`));
  };
  expect(w, [directions, width, size], "W");
  expect(r, [directions, width, hidden], "R");
  if (b !== undefined) expect(b, [directions, 2 * width], "B");
  const states = [directions, batch, hidden].map((length) => Dimension.of(length));
  const initial = kind.initial.map((index) => {
    const state = node.optional(index, dtype);
    if (state !== undefined) expect(state, states, `input ${index}`);
    return state ?? splat(dtype, states, 0);
  });
  const names = attributes.strings("activations", undefined) ?? reverse.flatMap(() => kind.activations);
  check(names.length === directions * kind.activations.length, "BAD_ATTRIBUTE", `${names.length} activations`);
  for (const name of ["activation_alpha", "activation_beta"]) {
    check((attributes.floats(name, undefined) ?? []).length === 0, "UNSUPPORTED", name);
  }
  const activations = reverse.map((_, d) => names.slice(d * kind.activations.length).slice(0, kind.activations.length));
  const clip = attributes.float("clip", undefined);
  return { dtype, time, batch, hidden, directions, reverse, gates: kind.gates, activations, clip, x, w, r, b, initial };
}

/** A node that is declared before its code is known. */
export interface Declared {
  readonly value: TensorValue;
  define(body: Body): void;
}

/** What the step of one direction is written with. Nodes have the shape [time, batch, …]. */
export interface Direction {
  readonly activations: readonly string[];
  /** Declares a node of the step; all are declared before the first is defined. */
  declare(shape: readonly Dimension[]): Declared;
  /** x·W + b_W at this row, for the given row of W. */
  projected(code: NodeCode, row: Value): Value;
  /** Element of b_R; 0 without a bias. */
  bias(code: NodeCode, row: Value): Value;
  /** Element of R. */
  weight(code: NodeCode, row: Value, column: Value): Value;
  /** Element `k` of a state before this row: that of the row above, or `initial[which]` in row 0. */
  previous(which: number, code: NodeCode, state: TensorValue, k: Value): Value;
}

/**
 * Lowers each direction by `step`, which returns its states, the hidden one first, and assembles the outputs: all hidden
 * states, then the last of each state.
 */
export function lowerDirections(
  node: NodeContext,
  recurrence: Recurrence,
  step: (direction: Direction) => readonly TensorValue[],
): TensorValue[] {
  const { graph } = node;
  const { time, batch, hidden, directions } = recurrence;
  const single = time.equals(1);
  const states = recurrence.reverse.map((reverse, d) => {
    const projected = projection(node, recurrence, d);
    const group: RowGroupBuilder | undefined = single ? undefined : graph.rowGroup();
    return step({
      activations: recurrence.activations[d],
      declare(shape) {
        const declared = group?.declare(recurrence.dtype, shape) ?? graph.declare(recurrence.dtype, shape);
        return { value: declared.value, define: (body) => declared.node.define(body) };
      },
      projected(code, row) {
        const [t, b] = code.coordinates();
        const at = reverse ? code.isub(code.size(time.sub(1)), t) : t;
        return code.read(projected, code.linearIndex(projected.shape, [at, b, row]));
      },
      bias(code, row) {
        const { b } = recurrence;
        if (b === undefined) return code.constant(0);
        const offset = (2 * d + 1) * recurrence.gates * hidden;
        return code.read(b, code.plus(row, offset));
      },
      weight: (code, row, column) =>
        code.read(
          recurrence.r,
          code.linearIndex(recurrence.r.shape, [directions === 1 ? undefined : code.constant(d), row, column]),
        ),
      previous(which, code, state, k) {
        const [t, b] = code.coordinates();
        const initial = recurrence.initial[which];
        const first = () =>
          code.read(initial, code.linearIndex(initial.shape, [directions === 1 ? undefined : code.constant(d), b, k]));
        if (single) return first();
        // In row 0 the index is below 0, and the load gives 0.
        const above = code.read(state, code.linearIndex(state.shape, [code.isub(t, code.constant(1)), b, k]));
        if (initial.source.kind === "splat" && initial.source.word === 0) return above;
        return code.select(t, above, first());
      },
    });
  });

  const [forward] = states;
  const wide = Dimension.constant(hidden);
  const all = [time, Dimension.constant(directions), batch, wide];
  const oneForward = directions === 1 && !recurrence.reverse[0];
  const y = oneForward
    ? withShape(forward[0], all)
    : graph.map(recurrence.dtype, all, (code) => {
        const [t, direction, b, k] = code.coordinates();
        const read = recurrence.reverse.map((reverse, d) => {
          const at = reverse ? code.isub(code.size(time.sub(1)), t) : t;
          return code.read(states[d][0], code.linearIndex([time, batch, wide], [at, b, k]));
        });
        return directions === 1 ? read[0] : code.select(direction, read[1], read[0]);
      });
  const last = forward.map((_, which) => {
    const shape = [Dimension.constant(directions), batch, wide];
    if (single && directions === 1) return withShape(forward[which], shape);
    return graph.map(recurrence.dtype, shape, (code) => {
      const [direction, b, k] = code.coordinates();
      const at = code.linearIndex([time, batch, wide], [code.size(time.sub(1)), b, k]);
      const read = states.map((state) => code.read(state[which], at));
      return directions === 1 ? read[0] : code.select(direction, read[1], read[0]);
    });
  });
  return [y, ...last];
}

/** x·W + b_W for all time steps: [time, batch, gates · hidden]. */
function projection(node: NodeContext, recurrence: Recurrence, direction: number): TensorValue {
  const { dtype, time, batch, gates, hidden, x, w, b } = recurrence;
  const width = gates * hidden;
  const size = x.shape[2];
  return node.graph.reduce(
    dtype,
    [time, batch, Dimension.constant(width)],
    dotProduct({
      dtype,
      extent: size,
      factors(code, k) {
        const [t, n, row] = code.coordinates();
        const from = recurrence.directions === 1 ? undefined : code.constant(direction);
        return [
          code.read(x, code.linearIndex(x.shape, [t, n, k])),
          code.read(w, code.linearIndex(w.shape, [from, row, k])),
        ];
      },
      final: (code, sum) =>
        b === undefined ? sum : code.fadd(sum, code.read(b, code.plus(code.index(2), 2 * direction * width))),
    }),
  );
}
