/**
 * Long short-term memory: gates in ONNX's order input, output, forget, cell, with optional peepholes. The input's products
 * are one node before the recurrence; the recurrence is a row group over time: gates, cell state, hidden state.
 *
 *   i, o, f, c = x·W + b_W + (h·R + b_R)
 *   C' = f(f + P_f C) C + f(i + P_i C) g(c)
 *   h' = f(o + P_o C') h(C')
 *
 * With input_forget the forget gate is one minus the input gate. `clip` bounds the four gates' inputs, not C', as onnxruntime has it.
 */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import {
  clipped,
  lowerDirections,
  type Direction,
  type Projected,
  type Recurrence,
  type RecurrenceKind,
} from "./recurrence.ts";

const ONE = 0x3f800000;

export const LSTM_KIND: RecurrenceKind = { gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"], initial: [5, 6] };

/** The inputs of the gates' activations [time, batch, 4 · hidden], declared before the states and defined after them. */
export interface Gates {
  readonly value: TensorValue;
  /** `state` is the hidden state, whose row above is the one before. */
  define(state: TensorValue): void;
}

/** Lowers the recurrence, given its products: of the state with R, and of the input with W if they are not the usual ones. */
export function lowerLSTM(
  node: NodeContext,
  recurrence: Recurrence,
  declareGates: (direction: Direction) => Gates,
  project?: (direction: number) => Projected,
): TensorValue[] {
  const coupled = node.attributes.flag("input_forget", false);
  const { batch, hidden, time, dtype, directions } = recurrence;
  const peepholes = node.optional(7, dtype);
  if (peepholes !== undefined) {
    node.rank(peepholes, 2, "P");
    node.equalSizes(peepholes.shape[0], directions, "P, axis 0");
    node.equalSizes(peepholes.shape[1], 3 * hidden, "P, axis 1");
  }
  const step = (direction: Direction): TensorValue[] => {
    const { previous, carried, declare } = direction;
    const [f, g, h] = direction.activations;
    /** The input of a gate's activation: with the peephole (0 input, 1 output, 2 forget) on a cell state, and clipped. */
    const opened = (code: NodeCode, gateInput: Value, which: 0 | 1 | 2, cellState: () => Value): Value => {
      if (peepholes === undefined) return clipped(code, recurrence, gateInput);
      const at = code.plus(code.index(2), (3 * direction.index + which) * hidden);
      return clipped(code, recurrence, code.ffma(code.read(peepholes, at), cellState(), gateInput));
    };
    const gates = declareGates(direction);
    const cell = declare([time, batch, Dimension.constant(hidden)]);
    const state = declare([time, batch, Dimension.constant(hidden)]);
    gates.define(state.value);
    const gate = (code: NodeCode, which: 0 | 1 | 2 | 3, j: Value) => {
      const [t, b] = code.coordinates();
      return code.read(gates.value, code.linearIndex(gates.value.shape, [t, b, code.plus(j, which * hidden)]));
    };
    cell.define({
      kind: "map",
      value(code) {
        const j = code.index(2);
        const before = () => previous(1, code, cell.value, j);
        const input = f(code, opened(code, gate(code, 0, j), 0, before));
        const added = code.fmul(input, g(code, clipped(code, recurrence, gate(code, 3, j))));
        const forget = coupled
          ? code.fsub(code.constant(ONE), input)
          : f(code, opened(code, gate(code, 2, j), 2, before));
        return carried(1, code, cell.value, j, code.ffma(forget, before(), added));
      },
    });
    state.define({
      kind: "map",
      value(code) {
        const j = code.index(2);
        const now = () => code.read(cell.value, code.linear());
        const output = f(code, opened(code, gate(code, 1, j), 1, now));
        return carried(0, code, state.value, j, code.fmul(output, h(code, now())));
      },
    });
    return [state.value, cell.value];
  };
  return lowerDirections(node, recurrence, step, project);
}
