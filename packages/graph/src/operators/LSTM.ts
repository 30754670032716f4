/**
 * Long short-term memory: gates in ONNX's order input, output, forget, cell, with optional peepholes. The input's products
 * are one node before the recurrence; the recurrence is a row group over time: gates, cell state, hidden state.
 *
 *   i, o, f, c = x·W + b_W + (h·R + b_R)
 *   C' = f(f + P_f C) C + f(i + P_i C) g(c)
 *   h' = f(o + P_o C') h(C')
 */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { activation } from "../lowering/activation.ts";
import { dotProduct } from "../lowering/dot.ts";
import { lowerDirections, readRecurrence } from "../lowering/recurrence.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";

export const LSTM: Operator = {
  name: "LSTM",
  inputs: [3, 8],
  outputs: 3,
  lower(node) {
    check(!node.attributes.flag("input_forget", false), "UNSUPPORTED", "input_forget");
    const kind = { gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"], initial: [5, 6] };
    const recurrence = readRecurrence(node, kind);
    check(recurrence.clip === undefined, "UNSUPPORTED", "clip");
    check(node.optional(7) === undefined, "UNSUPPORTED", "peepholes");
    const { batch, hidden, time, dtype } = recurrence;
    return lowerDirections(node, recurrence, ({ projected, bias, weight, previous, declare, activations }) => {
      const [f, g, h] = activations.map(activation);
      const gates = declare([time, batch, Dimension.constant(4 * hidden)]);
      const cell = declare([time, batch, Dimension.constant(hidden)]);
      const state = declare([time, batch, Dimension.constant(hidden)]);
      gates.define({
        kind: "reduce",
        ...dotProduct({
          dtype,
          extent: Dimension.constant(hidden),
          factors: (code, k) => [previous(0, code, state.value, k), weight(code, code.index(2), k)],
          final: (code, sum) => code.fadd(projected(code, code.index(2)), code.fadd(sum, bias(code, code.index(2)))),
        }),
      });
      const gate = (code: NodeCode, which: 0 | 1 | 2 | 3, j: Value) => {
        const [t, b] = code.coordinates();
        return code.read(gates.value, code.linearIndex(gates.value.shape, [t, b, code.plus(j, which * hidden)]));
      };
      cell.define({
        kind: "map",
        value(code) {
          const j = code.index(2);
          const added = code.fmul(f(code, gate(code, 0, j)), g(code, gate(code, 3, j)));
          return code.ffma(f(code, gate(code, 2, j)), previous(1, code, cell.value, j), added);
        },
      });
      state.define({
        kind: "map",
        value: (code) =>
          code.fmul(f(code, gate(code, 1, code.index(2))), h(code, code.read(cell.value, code.linear()))),
      });
      return [state.value, cell.value];
    });
  },
};
