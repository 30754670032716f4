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
import { readActivations, type Activation } from "./activation.ts";
import { dotProduct } from "./dot.ts";
import { BYTES } from "./quantisation.ts";
import { FLOATS } from "./types.ts";

export interface Recurrence {
  readonly dtype: DType;
  readonly time: Dimension;
  readonly batch: Dimension;
  readonly hidden: number;
  readonly directions: number;
  readonly reverse: readonly boolean[];
  readonly gates: number;
  /** Whether W and R are bytes, [directions, inputs, gates · hidden]; else floats, [directions, gates · hidden, inputs]. */
  readonly bytes: boolean;
  /** In order, for each direction. */
  readonly activations: readonly (readonly Activation[])[];
  /** Inputs of activations are kept between -clip and clip. */
  readonly clip: number | undefined;
  /** Whether the batch is the first axis of X and Y, and of the states. */
  readonly batchFirst: boolean;
  /** Time steps of each batch element, int32 [batch]; all of them where absent. */
  readonly lengths: TensorValue | undefined;
  readonly x: TensorValue;
  readonly w: TensorValue;
  readonly r: TensorValue;
  readonly b: TensorValue | undefined;
  /** States before the first step: [directions, batch, hidden] or batch first, zeros where not given. */
  readonly initial: readonly TensorValue[];
}

/** What tells one recurrent operator from another. */
export interface RecurrenceKind {
  readonly gates: number;
  readonly activations: readonly string[];
  /** The inputs with first states. */
  readonly initial: readonly number[];
  /** As of `Recurrence`; false if absent. */
  readonly bytes?: boolean;
}

/** Reads the inputs and attributes that all recurrent operators share. */
export function readRecurrence(node: NodeContext, kind: RecurrenceKind): Recurrence {
  const { attributes } = node;
  const { gates, bytes = false } = kind;
  const types = bytes ? BYTES : FLOATS;
  const [x, w, r] = [node.input(0, ...FLOATS), node.input(1, ...types), node.input(2, ...types)];
  const b = node.optional(3, ...FLOATS);
  const dtype = bytes ? node.sameType(x, b) : node.sameType(x, w, r, b);
  const lengths = node.optional(4, DType.INT32);
  const batchFirst = node.opset >= 14 && attributes.flag("layout", false);
  const direction = attributes.choice("direction", ["forward", "reverse", "bidirectional"], "forward");
  const reverse = { forward: [false], reverse: [true], bidirectional: [false, true] }[direction];
  const directions = reverse.length;
  node.rank(x, 3, "X");
  node.rank(w, 3, "W");
  node.rank(r, 3, "R");
  const hidden = constantSize(r.shape[bytes ? 1 : 2], "the hidden size");
  const declared = attributes.int("hidden_size", hidden);
  check(declared === hidden, "SHAPE_MISMATCH", `hidden_size is ${declared}, but R has ${hidden} inputs`);
  const [time, batch] = batchFirst ? [x.shape[1], x.shape[0]] : x.shape;
  const size = x.shape[2];
  const width = gates * hidden;
  const expect = (value: TensorValue, shape: readonly (Dimension | number)[], name: string) => {
    node.rank(value, shape.length, name);
    shape.forEach((wanted, axis) => node.equalSizes(value.shape[axis], wanted, `${name}, axis ${axis}`));
  };
  expect(w, bytes ? [directions, size, width] : [directions, width, size], "W");
  expect(r, bytes ? [directions, hidden, width] : [directions, width, hidden], "R");
  if (b !== undefined) expect(b, [directions, 2 * width], "B");
  if (lengths !== undefined) expect(lengths, [batch], "sequence_lens");
  const states = (batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]).map(Dimension.of);
  const initial = kind.initial.map((index) => {
    const state = node.optional(index, dtype);
    if (state !== undefined) expect(state, states, `input ${index}`);
    return state ?? splat(dtype, states, 0);
  });
  const names = attributes.strings("activations", undefined) ?? reverse.flatMap(() => kind.activations);
  check(names.length === directions * kind.activations.length, "BAD_ATTRIBUTE", `${names.length} activations`);
  const all = readActivations(
    names,
    attributes.floats("activation_alpha", undefined),
    attributes.floats("activation_beta", undefined),
  );
  const activations = reverse.map((_, d) => all.slice(d * kind.activations.length).slice(0, kind.activations.length));
  const clip = attributes.float("clip", undefined);
  check(clip === undefined || clip > 0, "BAD_ATTRIBUTE", `clip is ${clip}`);
  const sizes = { dtype, time, batch, hidden, directions, gates };
  return { ...sizes, bytes, reverse, activations, clip, batchFirst, lengths, x, w, r, b, initial };
}

/** A node that is declared before its code is known. */
export interface Declared {
  readonly value: TensorValue;
  define(body: Body): void;
}

/** What the step of one direction is written with. Nodes have the shape [time, batch, …]. */
export interface Direction {
  readonly activations: readonly Activation[];
  /** Number of the direction. */
  readonly index: number;
  /** Declares a node of the step, of the recurrence's type if none is given; all are declared before the first is defined. */
  declare(shape: readonly Dimension[], dtype?: DType): Declared;
  /** x·W + b_W at this row, for the given row of W. */
  projected(code: NodeCode, row: Value): Value;
  /** Element of b_R; 0 without a bias. */
  bias(code: NodeCode, row: Value): Value;
  /** Element of R. */
  weight(code: NodeCode, row: Value, column: Value): Value;
  /**
   * Element `k` of a state before this row: that of the row above, or `initial[which]` in row 0. `b` is the element of the
   * batch, this node's own if absent.
   */
  previous(which: number, code: NodeCode, state: TensorValue, k: Value, b?: Value): Value;
  /** `value`, or the state before where the sequence has ended: what the arguments before it are in `previous`. */
  carried(which: number, code: NodeCode, state: TensorValue, k: Value, value: Value): Value;
}

/** x·W + b_W of a direction at time `t`, for element `b` of the batch and a gate's `row`. */
export type Projected = (code: NodeCode, t: Value, b: Value, row: Value) => Value;

/**
 * Lowers each direction by `step`, which returns its states, the hidden one first, and assembles the outputs: all hidden
 * states, then the last of each state. `project` makes the products of a direction's inputs.
 */
export function lowerDirections(
  node: NodeContext,
  recurrence: Recurrence,
  step: (direction: Direction) => readonly TensorValue[],
  project: (direction: number) => Projected = (direction) => projection(node, recurrence, direction),
): TensorValue[] {
  const { graph } = node;
  const { time, batch, hidden, directions, lengths, batchFirst } = recurrence;
  const single = time.equals(1);
  /** The time step of row t, or the row of time step t. */
  const mirrored = (code: NodeCode, t: Value, b: Value): Value => {
    if (lengths === undefined) return code.isub(code.size(time.sub(1)), t);
    return code.isub(code.isub(code.read(lengths, b), code.constant(1)), t);
  };
  const states = recurrence.reverse.map((reverse, d) => {
    const projected = project(d);
    const group: RowGroupBuilder | undefined = single ? undefined : graph.rowGroup();
    const previous = (which: number, code: NodeCode, state: TensorValue, k: Value, other?: Value): Value => {
      const [t, own] = code.coordinates();
      const b = other ?? own;
      const initial = recurrence.initial[which];
      const first = () => {
        const direction = directions === 1 ? undefined : code.constant(d);
        return code.read(initial, code.linearIndex(initial.shape, batchFirst ? [b, direction, k] : [direction, b, k]));
      };
      if (single) return first();
      // In row 0 the index is below 0, and the load gives 0.
      const above = code.read(state, code.linearIndex(state.shape, [code.isub(t, code.constant(1)), b, k]));
      if (initial.source.kind === "splat" && initial.source.word === 0) return above;
      return code.select(t, above, first());
    };
    return step({
      activations: recurrence.activations[d],
      index: d,
      declare(shape, dtype = recurrence.dtype) {
        const declared = group?.declare(dtype, shape) ?? graph.declare(dtype, shape);
        return { value: declared.value, define: (body) => declared.node.define(body) };
      },
      projected(code, row) {
        const [t, b] = code.coordinates();
        const at = reverse ? mirrored(code, t, b) : t;
        return projected(code, at, b, row);
      },
      bias(code, row) {
        const { b } = recurrence;
        if (b === undefined) return code.constant(0);
        const offset = (2 * d + 1) * recurrence.gates * hidden;
        return code.read(b, code.plus(row, offset));
      },
      weight(code, row, column) {
        const matrix = recurrence.bytes ? [column, row] : [row, column];
        const direction = directions === 1 ? undefined : code.constant(d);
        return code.read(recurrence.r, code.linearIndex(recurrence.r.shape, [direction, ...matrix]));
      },
      previous,
      carried(which, code, state, k, value) {
        if (lengths === undefined) return value;
        const [t, b] = code.coordinates();
        return code.select(code.ilt(t, code.read(lengths, b)), value, previous(which, code, state, k));
      },
    });
  });

  const [forward] = states;
  const wide = Dimension.constant(hidden);
  const all = batchFirst
    ? [batch, time, Dimension.constant(directions), wide]
    : [time, Dimension.constant(directions), batch, wide];
  const asItIs = directions === 1 && !recurrence.reverse[0] && lengths === undefined && !batchFirst;
  const y = asItIs
    ? withShape(forward[0], all)
    : graph.map(recurrence.dtype, all, (code) => {
        const place = code.coordinates();
        const [t, direction, b, k] = batchFirst ? [place[1], place[2], place[0], place[3]] : place;
        const read = recurrence.reverse.map((reverse, d) => {
          const at = reverse ? mirrored(code, t, b) : t;
          const linear = code.linearIndex([time, batch, wide], [at, b, k]);
          if (lengths === undefined) return code.read(states[d][0], linear);
          return code.readIf(code.ilt(t, code.read(lengths, b)), states[d][0], linear);
        });
        return directions === 1 ? read[0] : code.select(direction, read[1], read[0]);
      });
  const last = forward.map((_, which) => {
    const count = Dimension.constant(directions);
    const shape = batchFirst ? [batch, count, wide] : [count, batch, wide];
    if (single && directions === 1) return withShape(forward[which], shape);
    return graph.map(recurrence.dtype, shape, (code) => {
      const place = code.coordinates();
      const [direction, b, k] = batchFirst ? [place[1], place[0], place[2]] : place;
      const at = code.linearIndex([time, batch, wide], [code.size(time.sub(1)), b, k]);
      const read = states.map((state) => code.read(state[which], at));
      return directions === 1 ? read[0] : code.select(direction, read[1], read[0]);
    });
  });
  return [y, ...last];
}

/** x kept between -clip and clip, where a clip is given. */
export function clipped(code: NodeCode, { clip }: Recurrence, x: Value): Value {
  if (clip === undefined) return x;
  return code.fmin(code.fmax(x, code.constantFloat(-clip)), code.constantFloat(clip));
}

/** x·W + b_W for all time steps: [time, batch, gates · hidden]. */
function projection(node: NodeContext, recurrence: Recurrence, direction: number): Projected {
  const { dtype, time, batch, gates, hidden, x, w, b } = recurrence;
  const width = gates * hidden;
  const size = x.shape[2];
  const projected = node.graph.reduce(
    dtype,
    [time, batch, Dimension.constant(width)],
    dotProduct({
      dtype,
      extent: size,
      factors(code, k) {
        const [t, n, row] = code.coordinates();
        const from = recurrence.directions === 1 ? undefined : code.constant(direction);
        return [
          code.read(x, code.linearIndex(x.shape, recurrence.batchFirst ? [n, t, k] : [t, n, k])),
          code.read(w, code.linearIndex(w.shape, [from, row, k])),
        ];
      },
      final: (code, sum) =>
        b === undefined ? sum : code.fadd(sum, code.read(b, code.plus(code.index(2), 2 * direction * width))),
    }),
  );
  return (code, t, n, row) => code.read(projected, code.linearIndex(projected.shape, [t, n, row]));
}
